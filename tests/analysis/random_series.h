#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "base/rng.h"

/// Seeded null data for the tests of the engines.
namespace weir::tests {

/// A stationary first-order autoregression with unit variance; |rho| < 1.
inline std::vector<double> Autoregression(Rng& rng, std::size_t size, double rho) {
  std::vector<double> values;
  values.reserve(size);
  double value = rng.Normal();
  const double innovation = std::sqrt(1 - rho * rho);
  for (std::size_t i = 0; i < size; ++i) {
    values.push_back(value);
    value = rho * value + innovation * rng.Normal();
  }
  return values;
}

/// The largest number of successes in `trials` with chance `p` that chance alone exceeds with a
/// probability of about 1e-3: the bound for a rate that must not be above p.
inline double CountMax(double trials, double p) {
  return trials * p + 3.1 * std::sqrt(trials * p * (1 - p)) + 0.5;
}

}  // namespace weir::tests
