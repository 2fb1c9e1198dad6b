#include "analysis/sequential_t.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace weir::analysis {
namespace {

constexpr std::array<double, 2> kEffects = {1, 3};
constexpr int kSteps = 240;   // Of Simpson's rule; even.
constexpr double kReach = 9;  // Standard deviations of the integrand to each side of its mode.

// log of the integral over w > 0 of w^(n - 1) exp(-w^2 / 2 + slope w), by Simpson's rule around the
// mode of its logarithm, which is concave.
double LogIntegral(double n, double slope) {
  const double power = n - 1;
  const double mode = (slope + std::sqrt(slope * slope + 4 * power)) / 2;
  const double deviation = 1 / std::sqrt(1 + power / (mode * mode));
  const auto log_at = [&](double w) { return power * std::log(w) - w * w / 2 + slope * w; };
  const double peak = log_at(mode);
  const double from = std::max(mode - kReach * deviation, 0.0);
  const double to = mode + kReach * deviation;
  const double step = (to - from) / kSteps;
  double sum = 0;
  for (int i = 0; i <= kSteps; ++i) {
    const double w = from + i * step;
    const double value = w > 0 ? std::exp(log_at(w) - peak) : 0;
    const int weight = i == 0 || i == kSteps ? 1 : i % 2 == 1 ? 4 : 2;
    sum += weight * value;
  }
  return peak + std::log(sum * step / 3);
}

}  // namespace

double SequentialTEvidence(std::uint64_t n, double t) {
  WEIR_CHECK(n >= 2);
  WEIR_CHECK(!std::isnan(t));
  const auto count = static_cast<double>(n);
  // t as a cosine between the values and the constant: finite for every t.
  const double rho = std::isinf(t) ? (t > 0 ? 1.0 : -1.0) : t / std::hypot(t, std::sqrt(count - 1));
  const double log_base = LogIntegral(count, 0);
  double sum = 0;
  for (const double effect : kEffects) {
    const double slope = std::sqrt(count) * effect * rho;
    const double log_ratio = LogIntegral(count, slope) - log_base - count * effect * effect / 2;
    sum += std::exp(std::min(log_ratio, 600.0));
  }
  return sum / static_cast<double>(kEffects.size());
}

double SequentialT::Add(double difference) {
  WEIR_CHECK(std::isfinite(difference));
  moments_.Add(difference);
  if (moments_.count < 2) {
    return p_value();
  }
  const double error = std::sqrt(moments_.variance() / moments_.count);
  double t = 0;
  if (error > 0) {
    t = moments_.mean / error;
  } else if (moments_.mean != 0) {
    t = std::copysign(std::numeric_limits<double>::infinity(), moments_.mean);
  }
  evidence_max_ =
      std::max(evidence_max_, SequentialTEvidence(static_cast<std::uint64_t>(moments_.count), t));
  return p_value();
}

}  // namespace weir::analysis
