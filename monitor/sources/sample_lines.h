#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "monitor/sources/sample.h"

namespace weir::monitor {

/// A sample as a line of a file tells it.
struct LineSample {
  std::optional<WallTime> at;
  std::string source;  ///< May be empty.
  std::string query;   ///< The query that it answers; may be empty.
  Sample sample;
};

/// Reads lines with a sample each. Either JSON:
///
///     {"timestamp": 1700000000.5, "metric": "errors", "labels": {"host": "a"}, "value": 11}
///
/// or CSV with a header, of which every column but `timestamp`, `source`, `metric`, `query` and
/// `value` is a label. Times are seconds (or another unit, by their size) since 1970 or ISO 8601,
/// and may be absent, as may `source`, `query` and `labels`; other keys of JSON are ignored. The
/// first line that is not empty says which of the two it is. One thread at a time.
class SampleLines {
 public:
  static constexpr std::size_t kLineBytesMax = std::size_t{64} * 1024;
  static constexpr std::size_t kNamesMax = 100'000;

  /// `line` without its end. Nothing for an empty line and for a header. Errors: why it is refused
  /// ("malformed", "too_long", "no_value").
  tl::expected<std::optional<LineSample>, std::string_view> Read(std::string_view line);

  /// The name of a series, the same for the same labels as long as there are at most kNamesMax.
  std::shared_ptr<const SeriesName> NameOf(std::string metric, Labels labels);

 private:
  enum class Form : std::uint8_t { kUnknown, kJson, kCsv };

  using Answer = tl::expected<std::optional<LineSample>, std::string_view>;

  Answer ReadJson(std::string_view line);
  Answer ReadCsv(std::string_view line);

  Form form_ = Form::kUnknown;
  std::vector<std::string> columns_;
  std::map<std::pair<std::string, Labels>, std::shared_ptr<const SeriesName>> names_;
};

/// The cells of a line of CSV (RFC 4180, no line ends in quotes); nothing when a quote has no end.
std::optional<std::vector<std::string>> SplitCsvLine(std::string_view line);

}  // namespace weir::monitor
