#pragma once

#include <span>
#include <vector>

namespace weir::analysis {

enum class Direction { kRising, kFalling };

/// The monotone sequence nearest to `values` in weighted least squares. weights > 0, as many as
/// values; empty = all 1. Values finite.
/// Cost: O(n). Thread-safe (pure).
/// Source: pool adjacent violators: Ayer et al., Annals of Mathematical Statistics 26 (1955).
/// Checked against: the max-min formula over all blocks, tests/analysis/ux_parts_test.cc.
std::vector<double> IsotonicFit(std::span<const double> values, std::span<const double> weights,
                                Direction direction);

}  // namespace weir::analysis
