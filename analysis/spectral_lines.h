#pragma once

#include <cstddef>
#include <span>
#include <vector>

/// Seasons as sharp lines of the spectrum: finding them and taking them out of several series
/// alike, so that two things which only share the time of day are not taken for cause and effect.
namespace weir::analysis {

inline constexpr std::size_t kSpectralLinesMax = 16;

/// Frequencies (cycles per value, in (0, 0.5]) at which `values` has a line: a periodogram ordinate
/// above what white noise of the local level exceeds once in a thousand series. Strongest first,
/// each taken out before the next is looked for; at most kSpectralLinesMax. A season that is not a
/// sine gives several. Fewer than 16 values, or nothing varying: none. NaN = missing, counted as
/// mean. Very steep red noise may read as lines at the lowest frequencies; taking those out does no
/// harm. Cost: O(lines x n log n). Thread-safe (pure). Source: Fisher's g test against a local
/// level: Priestley, "Spectral Analysis and Time Series" (1981), section 6.1.4. Checked against:
/// planted seasons and seeded null series, tests/analysis/ux_parts_test.cc.
std::vector<double> FindSpectralLines(std::span<const double> values);

/// `values` minus its least-squares fit of level, straight trend and the given lines; NaN stays.
/// Fewer present values than twice the terms: only the mean is taken out.
/// Cost: O(n lines^2).
std::vector<double> WithoutLines(std::span<const double> values,
                                 std::span<const double> frequencies);

/// The fit that WithoutLines takes out.
std::vector<double> FitLines(std::span<const double> values, std::span<const double> frequencies);

}  // namespace weir::analysis
