#pragma once

#include <optional>
#include <span>

namespace weir::analysis {

/// A smooth estimate of quantile q: the mean of all values, weighted by the probability that a
/// Beta((N + 1) q, (N + 1)(1 - q)) variable lies in their share of (0, 1). Varies less between
/// samples than a single order statistic, by about a tenth for the median of normal values.
///
/// @param sorted  ascending, at least one value, finite.
/// @param q       in (0, 1).
/// @param size    N; absent = the number of values, the estimator of Harrell and Davis. A smaller N
///                reaches further to both sides: less noise, more bias where the density changes.
///                > 0, taken as at most the number of values.
/// Range of validity: for q n or (1 - q) n below about 1 it is drawn towards the middle of the
/// sample, since it cannot see beyond its ends. One outlier moves it, by its weight.
/// Cost: O(log n + sqrt(n)) incomplete beta functions. Thread-safe (pure).
/// Source: Harrell and Davis, Biometrika 69 (1982).
/// Checked against: scipy.stats.mstats.hdquantiles, tests/golden/analysis/statistics_core.csv,
/// 1e-10.
double HarrellDavis(std::span<const double> sorted, double q,
                    std::optional<double> size = std::nullopt);

/// The N with which the gate smooths (SmoothedLogQuantile in analysis/run_statistics.h): 5 values
/// beyond the quantile, N = 5 / min(q, 1 - q). For p99 the weight lies between p98.5 and p99.5.
/// Measured: docs/verdicts.md.
double WidenedSize(double q);

}  // namespace weir::analysis
