#include "analysis/anderson_darling.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace weir::analysis {
namespace {

// Beyond it the published polynomial runs away.
constexpr double kTailFrom = 10;

// Coefficients from the constant upwards.
double Polynomial(std::span<const double> coefficients, double x) {
  double sum = 0;
  for (std::size_t i = coefficients.size(); i-- > 0;) {
    sum = sum * x + coefficients[i];
  }
  return sum;
}

// P(A^2 > z) for infinitely many values.
double LimitTail(double z) {
  constexpr std::array kLow = {2.00012, 0.247105, -0.0649821, 0.0347962, -0.0116720, 0.00168691};
  constexpr std::array kHigh = {1.0776, -2.30695, 0.43424, -0.082433, 0.008056, -0.0003146};
  if (z <= 0) {
    return 1;
  }
  if (z < 2) {
    return 1 - std::exp(-1.2337141 / z) / std::sqrt(z) * Polynomial(kLow, z);
  }
  const double at = std::min(z, kTailFrom);
  return -std::expm1(-std::exp(Polynomial(kHigh, at))) * std::exp(at - z);
}

// What finitely many values change; `x` is the limit's P(A^2 <= z).
double FiniteCorrection(double x, double n) {
  constexpr std::array kTop = {-130.2137, 745.2337, -1705.091, 1950.646, -1116.360, 255.7844};
  constexpr std::array kMiddle = {-0.00022633, 6.54034, -14.6538, 14.458, -8.259, 1.91864};
  if (x > 0.8) {
    return Polynomial(kTop, x) / n;
  }
  const double cross = 0.01265 + 0.1757 / n;
  if (x < cross) {
    const double at = x / cross;
    const double shape = std::sqrt(at) * (1 - at) * (49 * at - 102);
    return shape * (0.0037 / (n * n) + 0.00078 / n + 0.00006) / n;
  }
  const double shape = Polynomial(kMiddle, (x - cross) / (0.8 - cross));
  return shape * (0.04213 + 0.01365 / n) / n;
}

}  // namespace

double AndersonDarlingTail(double a2, std::size_t count) {
  const double limit = LimitTail(a2);
  if (a2 >= kTailFrom) {
    return limit;
  }
  const double corrected = limit - FiniteCorrection(1 - limit, static_cast<double>(count));
  return std::clamp(corrected, 0.0, 1.0);
}

std::optional<FitTest> TestUniform(std::vector<double> values) {
  if (values.size() < kFitValuesMin) {
    return std::nullopt;
  }
  constexpr double kEdge = 1e-15;
  for (double& value : values) {
    value = std::clamp(value, kEdge, 1 - kEdge);
  }
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double low = values[i];
    const double high = values[values.size() - 1 - i];
    sum += (2 * static_cast<double>(i) + 1) * (std::log(low) + std::log1p(-high));
  }
  FitTest test;
  test.count = values.size();
  test.a2 = -n - sum / n;
  test.p = AndersonDarlingTail(test.a2, test.count);
  return test;
}

}  // namespace weir::analysis
