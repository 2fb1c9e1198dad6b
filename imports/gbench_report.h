#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/run.h"
#include "imports/import.h"

/// What a Google Benchmark program writes with --benchmark_format=json (or to --benchmark_out): the
/// one reader of that format, and the run that `weir run --gbench` makes of it. What `weir import`
/// makes of it is in imports/google_benchmark.cc.
namespace weir::imports {

/// One repetition of one benchmark.
struct GbenchRepetition {
  std::string benchmark;       ///< Its name, the same for all of its repetitions.
  bool failed = false;         ///< It reported an error; then it has no values.
  std::string error;           ///< What it reported; may be empty.
  std::uint64_t iterations{};  ///< That the times are a mean of; >= 1.
  double real_time_ns = 0;     ///< Whatever the file's unit; >= 0.
  std::optional<double> cpu_time_ns;
  std::vector<std::pair<std::string, double>> counters;  ///< Finite; by name.
};

/// A whole file.
struct GbenchReport {
  std::string executable;  ///< Name without folders; empty = the file does not say.
  std::string date;        ///< As it is in the file.
  std::vector<GbenchRepetition> repetitions;  ///< In the order of the file.
  std::size_t aggregates = 0;                 ///< Rows left out: mean, median and the like.
};

/// Errors: kUsage; names file, benchmark and field, what was found and the fix. Limits:
/// kBenchmarksMax rows of the file. Pure: no I/O.
/// Checked against: output of libbenchmark 1.7.1 (tests/golden/imports/gbench.json).
Result<GbenchReport> ReadGbenchReport(const ImportSource& source);

/// The report as one run whose steps are the benchmarks, in the order of the file, and whose
/// measurements are what each repetition measured: `real_time` and `cpu_time` (ns),
/// `items_per_second`, `bytes_per_second` and every counter of the user by its name.
///
/// Nothing becomes a request or a latency: totals stay empty. A benchmark that reported an error
/// makes the run aborted, with that error as the reason; the others keep their values.
///
/// Filled: scenario ("gbench:" and the name of the executable, if the file names it), steps, state,
/// measurements. Not filled: when and where it took place.
///
/// `path` is for messages. Errors: as ReadGbenchReport, and kUsage when nothing has values.
Result<Run> ReadGoogleBenchmark(std::string_view json, const std::string& path);

inline constexpr std::size_t kBenchmarksMax = 100'000;

}  // namespace weir::imports
