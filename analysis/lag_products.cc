#include "analysis/lag_products.h"

#include <algorithm>

#include "base/check.h"

namespace weir::analysis {

std::vector<double> WithZerosInFront(std::span<const double> values) {
  std::vector<double> padded(kLagsAtOnce, 0.0);
  padded.insert(padded.end(), values.begin(), values.end());
  return padded;
}

std::array<double, kLagsAtOnce> LagProducts(std::span<const double> padded, std::size_t lag) {
  WEIR_CHECK(padded.size() >= kLagsAtOnce);
  const std::span<const double> values = padded.subspan(kLagsAtOnce);
  // The largest lag first, as the earlier values lie in memory.
  std::array<double, kLagsAtOnce> sums{};
  for (std::size_t i = lag; i < values.size(); ++i) {
    const double value = values[i];
    const double* earlier = &padded[i - lag + 1];
    for (std::size_t k = 0; k < kLagsAtOnce; ++k) {
      sums[k] += value * earlier[k];
    }
  }
  std::reverse(sums.begin(), sums.end());
  return sums;
}

}  // namespace weir::analysis
