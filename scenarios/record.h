#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

/// Scenarios out of what people have already: logs of web servers, recordings of browsers, files of
/// other load generators. What is written is a draft for a person: readable, valid, and with a
/// comment for everything that could not be carried over.
namespace weir::scenarios {

enum class RecordKind : std::uint8_t {
  kAccessLog,  ///< Common and combined format (scenarios/access_log.h).
  kHar,        ///< HTTP archive 1.2.
  kOpenApi,    ///< OpenAPI 3 or Swagger 2, YAML or JSON.
  kCurl,       ///< A command line of curl.
  kVegeta,     ///< Targets of vegeta, its text form or JSON.
  kK6Options,  ///< The options of a k6 script as JSON.
  kArtillery,  ///< A test script of Artillery.
};

/// "access-log", "har", "openapi", "curl", "vegeta", "k6-options", "artillery".
inline constexpr std::array<std::string_view, 7> kRecordKindNames = {
    "access-log", "har", "openapi", "curl", "vegeta", "k6-options", "artillery"};

/// Errors: kUsage, HintedError.
Result<RecordKind> ParseRecordKind(std::string_view text);

struct RecordOptions {
  std::string name{};    ///< Of the scenario.
  std::string target{};  ///< Instead of the one that the file names; empty: that one.
  std::string filter{};  ///< Of paths with query: only those that this RE2 finds; may be empty.
  bool keeps_secrets = false;        ///< Cookies and authorization stay in.
  std::size_t bad_lines_max = 1000;  ///< Of a log: more lines of another form are an error.
};

/// What files are read whole.
inline constexpr std::size_t kRecordBytesMax = std::size_t{64} * 1024 * 1024;

/// The scenario of `text`, whatever but a log. Errors: kUsage: not that kind of file, no request in
/// it, a filter that is no regular expression.
Result<std::string> RecordScenario(RecordKind kind, std::string_view text,
                                   const RecordOptions& options);

/// The scenario of the log in `path`, which is streamed: memory is bounded by kRoutesMax and the
/// number of clients at a time, not by its length. Errors: as above, and too many bad lines, with
/// the numbers of the first.
Result<std::string> RecordLog(const std::string& path, const RecordOptions& options);

}  // namespace weir::scenarios
