#pragma once

#include <cstddef>
#include <vector>

#include "analysis/noise_filter.h"

/// What all that scores a set of steps shares: the options, and the equations whose solution
/// integrates the steps' sizes out.
namespace weir::analysis {

struct StepOptions {
  double step_variance = 100;   ///< Prior variance of a step, in units of the noise.
  double level_variance = 1e4;  ///< The same for the first level.
  double penalty = 0;           ///< Added to the score for each step.
  int segment_min = 5;          ///< Least distance between steps and to the ends; >= 1.
  int steps_max = 20;
};

/// Normal equations of columns with prior variances, and the values as the last row. Fill the lower
/// half of all rows and the variances, then Solve. Cost: O(size^3).
class StepEquations {
 public:
  explicit StepEquations(std::size_t columns);

  /// Sum of products of column i and column j <= i; i = size is the values.
  double& At(std::size_t i, std::size_t j) { return lower_[i * (size_ + 1) + j]; }

  double& Variance(std::size_t i) { return variance_[i]; }

  /// Makes Cholesky's factor of what At has.
  void Solve();

  double residual() const { return residual_; }  ///< Sum of squares that the columns leave.

  double log_determinant() const { return log_determinant_; }

 private:
  std::size_t size_;
  std::vector<double> variance_;
  std::vector<double> lower_;
  double residual_ = 0;
  double log_determinant_ = 0;
};

/// -2 log likelihood of `observed` values with the overall variance maximised, as far as it depends
/// on the sum of squares.
double ProfiledScore(int observed, double residual);

/// How many of the first n runs have a value.
int CountObserved(const FilterGains& gains, int n);

}  // namespace weir::analysis
