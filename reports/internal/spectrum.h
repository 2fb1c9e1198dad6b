#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/histogram.h"

namespace weir::reports {

inline constexpr std::size_t kSpectrumPoints = 120;

/// A distribution as a curve over log10(1 / (1 - q)): point i of n lies at q with
/// 1 / (1 - q) = count^(i / (n - 1)), so the first is the minimum, the last the maximum, and
/// every decade gets as many points as any other. Values are the histogram's own (three digits).
struct Spectrum {
  std::uint64_t count = 0;
  std::vector<std::uint64_t> values_ns;  ///< Ascending; empty when count is 0, one point when 1.
};

/// Cost: one walk over the buckets.
Spectrum SpectrumOf(const Histogram& histogram);

/// q of point `i` of a curve over `count` values; in [0, 1].
double SpectrumQuantile(std::uint64_t count, std::size_t i);

}  // namespace weir::reports
