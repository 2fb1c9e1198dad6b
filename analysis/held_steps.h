#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "analysis/noise_filter.h"
#include "analysis/step_equations.h"

/// What a fixed set of steps is worth under a noise model. Scores of different models and sets
/// compare.
/// Checked against: dense generalised least squares in tests/analysis/step_search_test.cc.
namespace weir::analysis {

/// A set of steps that is held while noise models are compared. One owner.
class HeldSteps {
 public:
  /// `values` in units of the noise, 0 for runs without one; `steps` ascending.
  HeldSteps(std::span<const double> values, std::span<const int> steps, const StepOptions& options);

  /// All that one noise model says about the steps, and about any subset of them.
  struct Products {
    std::vector<double> sums;  ///< Of products of the whitened columns; the upper half counts.
    double log_determinant = 0;
    int observed = 0;
  };

  /// The one pass over the runs. Cost: O(n m^2).
  Products Under(const FilterGains& gains) const;

  /// -2 log likelihood with the steps' sizes integrated out and the overall variance maximised,
  /// plus the penalty of each step; constants that depend on n alone are left out. Lower is better.
  /// `kept`: which of the steps, ascending. Cost: O(m^3).
  double Score(const Products& products, std::span<const std::size_t> kept) const;

  /// Of all steps.
  double Score(const FilterGains& gains) const;

 private:
  std::size_t n_;
  std::size_t width_;  ///< Steps, the first level and the values, rounded up to whole lanes.
  std::size_t count_;  ///< Steps and the first level.
  StepOptions options_;
  std::vector<double> rows_;  ///< Per run: 1 for each step that has begun, and the value.
};

}  // namespace weir::analysis
