#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/histogram.h"
#include "base/run.h"
#include "base/verdict.h"

/// What the requests of one run say about a quantile. Distribution-free: ranks from the binomial
/// distribution, no normality. One assumption: requests inside a run are independent. They are not
/// (queues, garbage collection, caches), so these intervals are optimistic, and they never speak
/// about the next run: for that, compare runs (analysis/gate.h).
/// Source: David and Nagaraja, "Order Statistics", 3rd ed. (2003), section 7.1.
namespace weir::analysis {

inline constexpr double kConfidence = 0.95;

/// Ranks (1 = smallest) whose values enclose the quantile.
struct RankInterval {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  double coverage = 0;  ///< Exact for continuous values, at least this for ties; >= confidence.
  friend bool operator==(const RankInterval&, const RankInterval&) = default;
};

/// The narrowest equal-tailed ranks: each side misses with probability at most
/// (1 - confidence) / 2. No value when `samples` is too small for a finite interval.
/// q and confidence in (0, 1). Cost: O(log samples) incomplete beta functions.
std::optional<RankInterval> QuantileRanks(std::uint64_t samples, double q,
                                          double confidence = kConfidence);

/// The smallest number of samples for which QuantileRanks has an answer. At 95 %: p50 6, p90 36,
/// p95 72, p99 368, p99.9 3,688, p99.99 36,887.
std::uint64_t SamplesNeeded(double q, double confidence = kConfidence);

/// The interval of quantile `q`; no value when there are too few values.
std::optional<Interval> QuantileInterval(const Histogram& histogram, double q,
                                         double confidence = kConfidence);

/// The same for values sorted ascending.
std::optional<Interval> QuantileInterval(std::span<const double> sorted, double q,
                                         double confidence = kConfidence);

/// A quantile as far as it is known.
struct KnownQuantile {
  std::optional<double> value_ns;    ///< Absent when there are fewer than samples_needed.
  std::optional<Interval> interval;  ///< 95 %, ns. Absent also when censoring leaves it without
                                     ///< an upper end.
  std::uint64_t samples = 0;
  std::uint64_t samples_needed = 0;
  bool lower_bound = false;  ///< The true value may lie above value_ns by more than sampling error,
                             ///< because requests were cut off before they were answered.
  std::string reason;        ///< One sentence; not empty when value or interval is absent, or when
                             ///< lower_bound.
};

/// Quantile `q` in (0, 1) of a latency distribution in which `view.censored` values, it is not said
/// which, are lower bounds. The worst case is taken: each of them may in truth be infinitely long,
/// so rank r can be as high as rank r + censored. The interval is widened by that;
/// lower_bound is set where that shift goes beyond the sampling error.
KnownQuantile QuantileOf(const LatencyView& view, double q);

/// "p50", "p99.9": how a quantile is called, at most six decimals.
std::string QuantileName(double q);

}  // namespace weir::analysis
