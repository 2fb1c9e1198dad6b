#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace weir::analysis {

/// Coefficients phi of x[t] = phi[0] x[t-1] + phi[1] x[t-2] + ... + noise, for values with mean 0;
/// the order by Akaike's criterion, at most min(order_max, n / 10). Empty (order 0) when nothing
/// varies or there are fewer than 20 values. Always stationary. NaN = missing, counted as the mean.
/// Cost: O(n order_max). Thread-safe (pure).
/// Source: Yule-Walker equations by Levinson's recursion: Box, Jenkins, Reinsel, "Time Series
/// Analysis", 4th ed. (2008), appendix A3.2.
/// Checked against: planted coefficients, tests/analysis/ux_parts_test.cc.
std::vector<double> FitAutoregression(std::span<const double> values, std::size_t order_max);

/// values[t] minus what `coefficients` expect from the values before. The first ones, and those
/// after a missing value, are NaN. The same filter on two series keeps a delay between them.
std::vector<double> Whitened(std::span<const double> values, std::span<const double> coefficients);

/// Normal scores: the normal quantile of (rank - 1/2) / n, ties at their mean rank; NaN stays. What
/// is skewed or has outliers becomes fit for least squares, and order is kept. Cost: O(n log n).
std::vector<double> NormalScores(std::span<const double> values);

/// Ranks from 1, ties at their mean rank; NaN stays.
std::vector<double> MidRanks(std::span<const double> values);

}  // namespace weir::analysis
