#pragma once

#include <cstddef>
#include <optional>
#include <span>

/// Whether a series of equally long stretches of one run (its seconds) stays where it is: warm-up,
/// drift, memory. Values are logarithms of latencies, so that differences are ratios. Pure; cost
/// quadratic in the length of the series, which is bounded (analysis/second_blocks.h).
namespace weir::analysis {

/// Fewer values than this say nothing about drift or warm-up.
inline constexpr std::size_t kSteadySeriesMin = 10;

/// Correlation of neighbouring values, -1 .. 1. No value for fewer than 3 values, or equal ones.
std::optional<double> LagOneCorrelation(std::span<const double> series);

struct Trend {
  double change = 0;  ///< From the first to the last value: Theil-Sen slope times the length.
  double p = 1;       ///< Two-sided, of "no trend".
};

/// Mann-Kendall test for a monotonic trend, with the variance inflated by (1 + r) / (1 - r) for a
/// positive lag-one correlation r of what remains when the trend is taken out, so that memory is
/// not called drift. No value for fewer than kSteadySeriesMin values.
/// Source: Mann, Econometrica 13 (1945); Sen, JASA 63 (1968); correction as in Yue and Wang, Water
/// Resour. Manage. 18 (2004), first lag only.
/// Checked against: rate of false alarms on seeded null data, independent and autocorrelated, in
/// tests/analysis.
std::optional<Trend> TrendOf(std::span<const double> series);

struct WarmUpEnd {
  std::size_t index = 0;  ///< First value that counts; 0 = nothing to cut off.
  double excess = 0;      ///< How far the part before it lies above (or below) the rest.
};

/// Where a series settles: the cut that minimises the marginal standard error of the mean of what
/// is left (MSER), at most half of the series; of cuts whose error is within 1.5 of the least, the
/// first. A cut is only made if what it cuts off lies more than kWarmUpSigmas of the rest's own
/// scatter away, so that chance cuts nothing.
/// No value for fewer than kSteadySeriesMin values, and when a cut beyond the middle would leave a
/// quarter of that error and cut off what lies as far away, and a tenth as far as what is cut off
/// before: then the series has not settled.
/// Source: White, Simulation 69 (1997), batches of one; White and Robinson, J. Simulation 4 (2010).
std::optional<WarmUpEnd> EstimateWarmUpEnd(std::span<const double> series);

inline constexpr double kWarmUpSigmas = 4;

}  // namespace weir::analysis
