#include "analysis/step_equations.h"

#include <algorithm>
#include <cmath>

namespace weir::analysis {

StepEquations::StepEquations(std::size_t columns)
    : size_(columns), variance_(columns), lower_((columns + 1) * (columns + 1), 0.0) {}

void StepEquations::Solve() {
  for (std::size_t i = 0; i <= size_; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = At(i, j) + (i == j && i < size_ ? 1 / variance_[i] : 0);
      for (std::size_t k = 0; k < j; ++k) {
        sum -= At(i, k) * At(j, k);
      }
      if (i > j) {
        At(i, j) = sum / At(j, j);
      } else if (i < size_) {
        At(i, i) = std::sqrt(sum);
        log_determinant_ += std::log(sum * variance_[i]);
      } else {
        residual_ = sum;
      }
    }
  }
}

double ProfiledScore(int observed, double residual) {
  const double n = observed;
  return n * std::log(std::max(residual, 1e-12 * n) / n);
}

int CountObserved(const FilterGains& gains, int n) {
  int observed = 0;
  for (int t = 0; t < n; ++t) {
    observed += gains.At(t).weight > 0 ? 1 : 0;
  }
  return observed;
}

}  // namespace weir::analysis
