#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/run.h"
#include "base/time.h"

/// Results that other tools measured, read as runs: history, compare and gate work on them. What a
/// file does not carry stays unknown; a list of percentiles is kept as recorded metrics of the run
/// (base/summary_metric.h).
namespace weir::imports {

/// A file and what is said about it beside its contents.
struct ImportSource {
  std::string path;           ///< For messages.
  std::string_view text;      ///< All of it.
  WallTime file_time{};       ///< Stands in for the start when the file has no time.
  std::string build = {};     ///< Of its runs; empty = what the file says, if anything.
  std::string scenario = {};  ///< Empty = "FORMAT:NAME" from the file.
};

/// One reader per format; each states what becomes of what.
enum class ImportFormat : std::uint8_t {
  kRunList,          ///< imports/run_list.h
  kGoogleBenchmark,  ///< imports/google_benchmark.cc
  kHyperfine,        ///< imports/hyperfine.cc
  kK6,               ///< imports/k6.cc
  kJMeter,           ///< imports/jmeter.cc
  kVegeta,           ///< imports/vegeta.cc
  kHlog,             ///< imports/hlog.cc
  kJUnit,            ///< imports/junit.cc
};

/// "run-list", "google-benchmark", "hyperfine", "k6", "jmeter", "vegeta", "hlog", "junit".
std::string_view ImportFormatName(ImportFormat format);

/// Errors: kUsage, listing the formats and the nearest.
Result<ImportFormat> ParseImportFormat(std::string_view name);

/// Which format the contents have; no value when none is recognised. Looks at the beginning only.
std::optional<ImportFormat> DetectFormat(std::string_view text);

/// Reads a file as `format`, or as what it is found to be. Errors: kUsage, naming file, place (line
/// or member), what was found and the fix. Pure: no I/O. Hostile input costs memory and time in
/// proportion to its size; at most kStepsMax steps and kImportedRunsMax runs.
Result<std::vector<Run>> ReadImport(const ImportSource& source,
                                    std::optional<ImportFormat> format = {});

inline constexpr std::size_t kStepsMax = 2'000;
inline constexpr std::size_t kImportedRunsMax = 100'000;

/// The largest file that is read.
inline constexpr std::size_t kImportBytesMax = 1'000'000'000;

}  // namespace weir::imports
