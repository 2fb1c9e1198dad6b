#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/run.h"
#include "base/time.h"

namespace weir::analysis {

/// What can be read off one run as one number, by the name that reports and verdicts use.
struct RunMetric {
  enum class Kind { kQuantile, kBody, kThroughput, kErrorRate, kApdex };

  std::string name;  ///< "response_time.p99", "throughput".
  std::string unit;  ///< "ns", "per_s", "ratio", "score" (0..1).
  Kind kind = Kind::kQuantile;
  LatencyKind latency = LatencyKind::kResponse;
  double q = 0;      ///< kQuantile: in (0, 1).
  Nanos apdex_t{0};  ///< kApdex: its T, > 0.

  /// Whether more of it is better for users.
  bool HigherIsBetter() const { return kind == Kind::kThroughput || kind == Kind::kApdex; }
};

/// Reads `response_time.p99` (any quantile: p50, p99.9), `response_time.body`, the same for
/// `service_time` and `send_lag`, `throughput`, `error_rate`, `apdex.500ms` (any T). Errors:
/// kUsage, naming these.
Result<RunMetric> ParseRunMetric(std::string_view name);

/// The metric of one run.
struct RunMetricValue {
  std::optional<double> value;  ///< In RunMetric::unit.
  std::optional<double> error;  ///< Standard error if its requests were independent: what sampling
                                ///< inside the run leaves open, not what the next run would do.
  std::string reason;           ///< Why there is no value; empty otherwise.
};

/// Of the measured part of `run`: of the step called `step`, or of all steps when empty. A quantile
/// has no value with fewer requests than it needs (analysis/quantile_interval.h).
/// Cost: O(buckets). Thread-safe (pure).
RunMetricValue ValueOf(const Run& run, const RunMetric& metric, std::string_view step);

/// ValueOf for each of `metrics`, which add the step up only once.
std::vector<RunMetricValue> ValuesOf(const Run& run, std::span<const RunMetric> metrics,
                                     std::string_view step);

}  // namespace weir::analysis
