#pragma once

#include <cstddef>
#include <span>
#include <vector>

/// How much values in order of time know of each other, and what that costs. NaN = missing.
namespace weir::analysis {

/// Sample autocorrelations r[0] = 1 .. r[lag_max], with divisor n (so that |r| <= 1 and the
/// sequence is positive definite). A missing value counts as the mean, which draws r towards 0 in
/// proportion to what is missing. Empty when fewer than 2 values are present or all are equal;
/// shorter than lag_max + 1 when the series is. Cost: O(n lag_max). Thread-safe (pure). Source:
/// Box, Jenkins, Reinsel, "Time Series Analysis", 4th ed. (2008), section 2.1.5; for missing values
/// Parzen, Sankhya A 25 (1963). Checked against: NumPy, tests/golden/analysis/autocorrelation.csv,
/// 1e-12.
std::vector<double> Autocorrelations(std::span<const double> values, std::size_t lag_max);

/// How many independent values would tell the mean as precisely.
struct EffectiveSize {
  double size = 0;       ///< 1 .. number of values present; 0 when none is.
  double time = 1;       ///< Integrated autocorrelation time: present / size, >= 1.
  std::size_t lags = 0;  ///< Lags that were summed up.
  bool bounded = false;  ///< The correlation had not died away at lag kEffectiveLagMax, or at half
                         ///< the series: `size` may be far too high. Say so.
};

inline constexpr std::size_t kEffectiveLagMax = 2'000;

/// Initial monotone sequence: autocorrelations are summed in pairs r[2m] + r[2m+1] as long as these
/// stay positive, each at most the one before. Valid for a stationary series; a trend or a season
/// reads as strong correlation, which errs on the safe side. Never more than the number of values,
/// although a series that swings back can be worth more. All values equal: time 1, and nothing is
/// known. Under short series (n < 50) the estimate is low in correlation, hence high in size, by
/// about (1 + 4 rho) / n in rho (Marriott and Pope, Biometrika 41 (1954)).
/// Cost: O(n lags), at most O(n kEffectiveLagMax). Thread-safe (pure).
/// Source: Geyer, "Practical Markov chain Monte Carlo", Statistical Science 7 (1992), section 3.3.
/// Checked against: the same in NumPy, tests/golden/analysis/autocorrelation.csv, 1e-9; the exact
/// (1 + rho) / (1 - rho) of first-order autoregressions in tests/analysis.
EffectiveSize EffectiveSizeOf(std::span<const double> values);

/// The same from the variance of the means of `batches` stretches of equal length, 2 .. n / 2; the
/// values left over at the front are not used. Rougher (relative standard error of about
/// sqrt(2 / batches)) and right only when a stretch is much longer than the correlation, but
/// without any assumption on its shape. `lags` is the length of a stretch; `bounded` is set when
/// fewer than 2 stretches are possible, and then `size` is that of independent values. Cost: O(n).
/// Source: Flegal and Jones, Annals of Statistics 38 (2010). Checked against: NumPy,
/// tests/golden/analysis/autocorrelation.csv, 1e-9.
EffectiveSize BatchMeansSizeOf(std::span<const double> values, std::size_t batches);

}  // namespace weir::analysis
