#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/histogram.h"
#include "base/run.h"

/// One number per run: what the gate and the comparison work on, because runs are the unit.
/// Latencies as natural logarithms of ns, so that a difference is a ratio.
namespace weir::analysis {

/// Mean of the logarithm between the quantiles `from` and `to` (0 <= from < to <= 1): the integral
/// of the log quantile function over [from, to], divided by its length. A bucket that an edge cuts
/// counts by its fraction; a bucket stands for its midpoint, 0 ns for 1 ns. No value when empty.
std::optional<double> MeanLogBetween(const Histogram& histogram, double from, double to);

/// Smoothed logarithm of quantile q in (0, 1): a mean of the logarithms of all values, weighted by
/// the Beta((N + 1) q, (N + 1)(1 - q)) distribution over the ranks, with N = 5 / min(q, 1 - q) but
/// at most the number of values; for p99 the weight lies between about p98.5 and p99.5. No value
/// when empty.
/// Source: Harrell and Davis, Biometrika 69 (1982), where N is the sample size; the wider N lowers
/// the noise between runs (docs/verdicts.md).
std::optional<double> SmoothedLogQuantile(const Histogram& histogram, double q);

inline constexpr double kBodyFrom = 0.05;
inline constexpr double kBodyTo = 0.95;

/// What a run did in its measured part, in one step or all.
struct RunStatistics {
  LatencyView response;
  RequestCounts counts;
  std::optional<double> body;            ///< Mean log response time, p5..p95.
  std::optional<double> lower_half;      ///< Mean log response time, p10..p50.
  std::optional<double> achieved_per_s;  ///< Completed over measured time.
  std::optional<double> planned_per_s;   ///< Planned over measured time.
  std::optional<double> error_ratio;
  std::optional<double> send_lag_p99_ns;   ///< The generator's own lateness.
  std::optional<double> body_lateness_ns;  ///< Mean of it, each at most the p95 of the response.
};

/// Sum over the steps of the measured part, or one step of it; `step` < 0 = all, here and below.
RequestCounts MeasuredCounts(const Run& run, int step = -1);

/// What is reported of the measured part (MergedLatency). Cost: a merge for each outcome and step,
/// of this kind only.
LatencyView MeasuredLatency(const Run& run, LatencyKind kind, int step = -1);

/// The histogram of MeasuredLatency, where nothing else of it is needed: the run's own when there
/// is only one, else the sum, kept in `sum`. Lives as long as both.
const Histogram& MeasuredHistogram(const Run& run, LatencyKind kind, int step,
                                   std::optional<Histogram>& sum);

/// The run need not be complete.
RunStatistics StatisticsOf(const Run& run, int step = -1);

/// Index of the step called `name` in the run's plan; -1 for an empty name (the whole run); no
/// value when the run has no such step.
std::optional<int> StepIndex(const Run& run, std::string_view name);

/// Standard error of MeanLogBetween if requests were independent, by the winsorised variance
/// (Tukey and McLaughlin 1963) and the width of the buckets. Never 0; no value when empty.
std::optional<double> MeanLogError(const Histogram& histogram, double from, double to);

/// Standard error of the log quantile if requests were independent, from the width of its 95 %
/// order-statistics interval. Never 0; no value when there are too few values for an interval.
std::optional<double> LogQuantileError(const Histogram& histogram, double q);

}  // namespace weir::analysis
