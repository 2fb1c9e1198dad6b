#include "tests/analysis/dense_model.h"

#include <cmath>

namespace weir::tests {

Eigen::MatrixXd CovarianceOf(const analysis::NoiseModel& model, int n,
                             std::span<const double> extra_variance) {
  Eigen::MatrixXd covariance(n, n);
  const double correlated = model.memory > 0 ? 1 - model.white_share : 0;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      double value = correlated * std::pow(model.memory, std::abs(i - j));
      if (i == j) {
        value += 1 - correlated;
        value += extra_variance.empty() ? 0 : extra_variance[static_cast<std::size_t>(i)];
      }
      if (model.HasDrift()) {
        // drift(t) = t slope(0) + the sum over s < t of (t - 1 - s) disturbances(s).
        value += analysis::kInitialSlopeVariance * i * j;
        for (int s = 0; s < std::min(i, j); ++s) {
          value += model.drift_variance * (i - 1 - s) * (j - 1 - s);
        }
      }
      covariance(i, j) = value;
    }
  }
  return covariance;
}

double DenseScore(const analysis::NoiseModel& model, std::span<const double> values,
                  std::span<const int> steps, const analysis::StepOptions& options) {
  const int n = static_cast<int>(values.size());
  Eigen::MatrixXd covariance = CovarianceOf(model, n);
  covariance.array() += options.level_variance;
  for (const int step : steps) {
    covariance.bottomRightCorner(n - step, n - step).array() += options.step_variance;
  }
  const Eigen::LLT<Eigen::MatrixXd> factor(covariance);
  const Eigen::Map<const Eigen::VectorXd> y(values.data(), n);
  const double residual = factor.matrixL().solve(y).squaredNorm();
  const double log_determinant = 2 * factor.matrixLLT().diagonal().array().log().sum();
  return n * std::log(residual / n) + log_determinant +
         options.penalty * static_cast<double>(steps.size());
}

}  // namespace weir::tests
