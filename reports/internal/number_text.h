#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/verdict.h"
#include "reports/text_options.h"

/// Numbers of verdicts, comparisons and benchmarks in words; `unit` is as of GateCheck, or "score"
/// (0..1), "count" or "bytes_per_s".
namespace weir::reports {

/// "0.12 %" of a ratio, "<0.01 %" for what is less but not nothing, "0 %" for nothing.
std::string ShareInWords(double ratio);

/// "response p99" for "response_time.p99", "error rate" for "error_rate"; clean.
std::string MetricInWords(std::string_view metric);

/// "1.23ms", "4,998/s", "0.12 %"; "n/a" when absent.
std::string ValueInWords(std::optional<double> value, std::string_view unit, Charset charset);

/// "+12.3 %" of the other side; for a metric that is itself a ratio, in percentage points:
/// "+0.12 pp". "n/a" when absent.
std::string ChangeInWords(std::optional<double> change, std::string_view unit);

/// "+1.2…+3.4 %"; "n/a" when absent.
std::string IntervalInWords(const std::optional<Interval>& interval, std::string_view unit,
                            Charset charset);

/// What a check allows: "5 %", "0.1 pp", or the demand as it was written.
std::string AllowedInWords(const GateCheck& check);

/// "3 runs", "1 run".
std::string RunsInWords(std::size_t runs);

/// "b7 (5 runs) against b6 (5 runs), design interleaved"; a policy of limits alone has no baseline.
/// The selectors as they are to appear.
std::string SidesInWords(const GateResult& result, std::string_view candidate,
                         std::string_view baseline);

}  // namespace weir::reports
