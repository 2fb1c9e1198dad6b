#pragma once

#include <span>

namespace weir::analysis {

/// Count, mean and variance, one value at a time, without the cancellation of sums of squares.
/// Source: Welford, Technometrics 4 (1962).
struct Moments {
  double count = 0;
  double mean = 0;
  double square_sum = 0;  ///< Of the distances from the mean.

  void Add(double value) {
    count += 1;
    const double before = value - mean;
    mean += before / count;
    square_sum += before * (value - mean);
  }

  /// With divisor n - 1; 0 for fewer than 2 values.
  double variance() const { return count < 2 ? 0 : square_sum / (count - 1); }
};

inline Moments MomentsOf(std::span<const double> values) {
  Moments moments;
  for (const double value : values) {
    moments.Add(value);
  }
  return moments;
}

}  // namespace weir::analysis
