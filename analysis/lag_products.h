#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

/// Sums of products of a series with itself some steps earlier: the inner loop of everything that
/// correlates a series with its past.
namespace weir::analysis {

inline constexpr std::size_t kLagsAtOnce = 8;

/// `values` with kLagsAtOnce zeros in front, as LagProducts takes it.
std::vector<double> WithZerosInFront(std::span<const double> values);

/// The sums over all i of values[i] values[i - lag - k], for k = 0 .. kLagsAtOnce - 1. `padded` is
/// WithZerosInFront(values). Each sum waits for its own last addition only, so that eight cost
/// little more than one. Cost: O(n). Thread-safe (pure).
std::array<double, kLagsAtOnce> LagProducts(std::span<const double> padded, std::size_t lag);

}  // namespace weir::analysis
