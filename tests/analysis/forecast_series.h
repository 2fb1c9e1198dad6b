#pragma once

#include <cstddef>
#include <vector>

#include "base/rng.h"

/// Seeded series whose nature is known, for the tests of the forecast.
namespace weir::analysis {

std::vector<double> WhiteNoise(Rng& rng, std::size_t n);      ///< 100 +- 5.
std::vector<double> RandomWalk(Rng& rng, std::size_t n);      ///< From 100, steps of 1.
std::vector<double> Autocorrelated(Rng& rng, std::size_t n);  ///< 20, memory 0.8.
std::vector<double> LogNormal(Rng& rng, std::size_t n);       ///< Median 20, sigma 0.5.
std::vector<double> LineWithNoise(Rng& rng, std::size_t n);   ///< 50 + t / 2 +- 2.
std::vector<double> Counts(Rng& rng, std::size_t n);          ///< Poisson, mean 0.7.

/// A live metric around 100: a sine of `season` steps (of -40 to +65 %), noise with memory, and
/// rarely a single spike.
std::vector<double> LiveMetric(Rng& rng, std::size_t n, double season);

/// 100 + 10 sin over 24 steps + 5 sin over `longer` steps + noise of 1.
std::vector<double> TwoSeasons(Rng& rng, std::size_t n, double longer);

}  // namespace weir::analysis
