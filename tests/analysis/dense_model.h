#pragma once

#include <span>

#include <Eigen/Dense>

#include "analysis/noise_filter.h"
#include "analysis/step_equations.h"

/// Slow and obviously right: the models of noise as whole covariance matrices.
namespace weir::tests {

/// Covariance of n runs under `model`; `extra_variance` is empty or added to the diagonal.
Eigen::MatrixXd CovarianceOf(const analysis::NoiseModel& model, int n,
                             std::span<const double> extra_variance = {});

/// The score of HeldSteps from its definition: the covariance of values that step at `steps`, with
/// the steps' variances in it, and nothing but a Cholesky factor of that.
double DenseScore(const analysis::NoiseModel& model, std::span<const double> values,
                  std::span<const int> steps, const analysis::StepOptions& options);

}  // namespace weir::tests
