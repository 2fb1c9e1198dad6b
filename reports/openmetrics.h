#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/run.h"

namespace weir::reports {

/// Seconds of runs as OpenMetrics text with times, for `promtool tsdb create-blocks-from
/// openmetrics`, after which a Prometheus has them as if it had scraped the runs:
///
/// - `weir_requests_total{run, scenario, build, phase, outcome}`: counters from the start of the
///   run on; `outcome` "planned" for all that were due;
/// - `weir_response_time_seconds{run, scenario, build, phase, quantile}`: 0.5, 0.9, 0.99 and 1 of a
///   second, from its histogram; absent in a second without answers.
///
/// A second has the time of its end. Memory: the text. Not thread-safe.
/// Source: OpenMetrics 1.0.0. Checked against: promtool and Prometheus 2.42, tests/integration.
class OpenMetricsText {
 public:
  /// The runs come one after the other, each with its seconds in ascending order.
  void BeginRun(const Run& run);
  void Add(const SecondPoint& point);

  std::uint64_t samples() const { return samples_; }

  /// The text; after this only BeginRun of another text may be called.
  std::string Take();

 private:
  void Count(const std::string& labels, double at_s, std::uint64_t value);

  std::string requests_;
  std::string times_;
  std::string labels_;  // Of the run.
  double started_s_ = 0;
  std::array<RequestCounts, 2> counts_{};  // So far, by phase.
  std::uint64_t samples_ = 0;
};

}  // namespace weir::reports
