#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "analysis/anomaly.h"

/// Anomalies of one target over several metrics, and of whole series.
namespace weir::analysis {

/// A judged moment. The metrics are combined by the harmonic mean of (2 / (seen + 1)) ^ extent, the
/// tail probability of a record continued as a Laplace tail: one metric alone has to stand out by
/// more when there are many of them (as Bonferroni would have it), while metrics that move together
/// need not. It holds under dependence, which metrics of one target always have.
/// Source: Wilson, "The harmonic mean p-value for combining dependent tests" (2019).
struct GroupAnomaly {
  AnomalyPoint point;    ///< The combination; `expected` is that of the leading metric.
  std::size_t lead = 0;  ///< The metric that stands out most.
  std::vector<AnomalyReading> metrics;
};

/// The state for `metrics` streams that are pushed together: one incident is one alert. Copyable.
/// Not thread-safe. Cost: that of its detectors.
class AnomalyGroup {
 public:
  /// `metrics` > 0.
  AnomalyGroup(std::size_t metrics, const AnomalyOptions& options);

  /// One value per metric; what is missing is NaN and leaves the others to judge. Valid until the
  /// next Push.
  const GroupAnomaly& Push(std::span<const double> values);
  const GroupAnomaly& Push(WallTime at, std::span<const double> values);

  std::size_t metrics() const { return detectors_.size(); }

 private:
  const GroupAnomaly& Judge();

  std::vector<AnomalyDetector> detectors_;
  AnomalyAlarm alarm_;
  GroupAnomaly judged_;
};

/// Values of one metric in order of time and what is strange about them.
struct AnomalyReport {
  std::vector<AnomalyPoint> points;  ///< One per row.
  std::vector<std::size_t> lead;     ///< Index of the leading metric, one per row.
  std::vector<std::size_t> alerts;   ///< Rows at which an incident begins.
  std::size_t warm_up_rows = 0;      ///< Rows before the first that could be judged.
  std::vector<std::string> warnings;
};

/// Judges whole series of `times.size()` rows (or of any size when there are no times), all of the
/// same length, as AnomalyGroup would. Warns when there are too few values, when all are equal,
/// when values are missing, and when times run backwards. Cost: about 60 ns a value and 80 bytes a
/// row.
AnomalyReport FindAnomalies(std::span<const std::span<const double>> metrics,
                            std::span<const WallTime> times, const AnomalyOptions& options);

}  // namespace weir::analysis
