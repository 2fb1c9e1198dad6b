#include "analysis/effect.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "analysis/distributions.h"
#include "base/check.h"

namespace weir::analysis {
namespace {

constexpr double kPower = 0.8;
constexpr double kDfMin = 2;
constexpr std::size_t kRunsMin = 2;

double Sum(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

double Mean(std::span<const double> values) {
  return Sum(values) / static_cast<double>(values.size());
}

// Sum of products of the deviations of x and y from the given centres.
double Products(std::span<const double> x, double x_centre, std::span<const double> y,
                double y_centre) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum += (x[i] - x_centre) * (y[i] - y_centre);
  }
  return sum;
}

std::optional<Effect> PairedEffect(std::span<const double> a, std::span<const double> b,
                                   const RunOrder& order, double error_min) {
  std::vector<double> differences(a.size(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    differences[static_cast<std::size_t>(order.slot_a[i])] -= a[i];
    differences[static_cast<std::size_t>(order.slot_b[i])] += b[i];
  }
  const auto pairs = static_cast<double>(a.size());
  Effect effect;
  effect.difference = Mean(differences);
  effect.df = pairs - 1;
  if (effect.df < kDfMin) {
    return std::nullopt;
  }
  effect.level_a = Mean(a);
  effect.variance =
      Products(differences, effect.difference, differences, effect.difference) / effect.df;
  effect.error = std::max(std::sqrt(effect.variance / pairs), error_min);
  return effect;
}

// Least squares with a common slope, written out: the slope comes from the deviations inside the
// sides, the difference is that of the means with the slope taken out.
std::optional<Effect> TrendEffect(std::span<const double> a, std::span<const double> b,
                                  const RunOrder& order, double error_min) {
  const auto count_a = static_cast<double>(a.size());
  const auto count_b = static_cast<double>(b.size());
  const double mean_a = Mean(a);
  const double mean_b = Mean(b);
  const double slot_a = Mean(order.slot_a);
  const double slot_b = Mean(order.slot_b);
  const double slot_spread = Products(order.slot_a, slot_a, order.slot_a, slot_a) +
                             Products(order.slot_b, slot_b, order.slot_b, slot_b);
  Effect effect;
  effect.df = count_a + count_b - 3;
  if (effect.df < kDfMin || slot_spread <= 0) {
    return std::nullopt;
  }
  const double product =
      Products(order.slot_a, slot_a, a, mean_a) + Products(order.slot_b, slot_b, b, mean_b);
  const double slope = product / slot_spread;
  const double gap = slot_b - slot_a;
  effect.difference = mean_b - mean_a - slope * gap;
  const double slot_mean = (Sum(order.slot_a) + Sum(order.slot_b)) / (count_a + count_b);
  effect.level_a = mean_a + slope * (slot_mean - slot_a);
  const double residual =
      Products(a, mean_a, a, mean_a) + Products(b, mean_b, b, mean_b) - slope * product;
  effect.variance = std::max(residual, 0.0) / effect.df;
  const double factor = 1 / count_a + 1 / count_b + gap * gap / slot_spread;
  effect.error = std::max(std::sqrt(effect.variance * factor), error_min);
  return effect;
}

// Without an order there is no trend to take out: two means with a common variance.
std::optional<Effect> PlainEffect(std::span<const double> a, std::span<const double> b,
                                  double error_min) {
  const auto count_a = static_cast<double>(a.size());
  const auto count_b = static_cast<double>(b.size());
  Effect effect;
  effect.df = count_a + count_b - 2;
  effect.level_a = Mean(a);
  effect.difference = Mean(b) - effect.level_a;
  const double mean_b = Mean(b);
  effect.variance =
      (Products(a, effect.level_a, a, effect.level_a) + Products(b, mean_b, b, mean_b)) / effect.df;
  effect.error = std::max(std::sqrt(effect.variance * (1 / count_a + 1 / count_b)), error_min);
  return effect;
}

// Sum of the two quantiles that a test at level alpha with 80 % power needs.
double Reach(double alpha, double df) {
  return StudentQuantile(1 - alpha, df) + StudentQuantile(kPower, df);
}

}  // namespace

double Effect::p_upper() const {
  return StudentUpperTail(t(), df);
}

double Effect::upper(double confidence) const {
  return difference + StudentQuantile(confidence, df) * error;
}

double Effect::lower(double confidence) const {
  return difference - StudentQuantile(confidence, df) * error;
}

std::optional<Effect> EstimateEffect(std::span<const double> a, std::span<const double> b,
                                     const RunOrder& order, double error_min) {
  WEIR_CHECK(a.size() == order.slot_a.size());
  WEIR_CHECK(b.size() == order.slot_b.size());
  WEIR_CHECK(error_min > 0);
  if (a.size() < kRunsMin || b.size() < kRunsMin) {
    return std::nullopt;
  }
  switch (order.design) {
    case RunDesign::kDuet:
      return PairedEffect(a, b, order, error_min);
    case RunDesign::kInterleaved:
    case RunDesign::kSequential:
      return TrendEffect(a, b, order, error_min);
    case RunDesign::kUnknown:
      return PlainEffect(a, b, error_min);
  }
  WEIR_CHECK(false);
}

std::optional<int> RunsNeeded(const Effect& effect, RunDesign design, double alpha,
                              double distance) {
  WEIR_CHECK(distance > 0);
  const bool paired = design == RunDesign::kDuet;
  for (int runs = 3; runs <= kRunsNeededMax; ++runs) {
    const double df = paired ? runs - 1 : 2 * runs - 3;
    const double factor = (paired ? 1.0 : 2.0) / runs;
    if (Reach(alpha, df) * std::sqrt(effect.variance * factor) <= distance) {
      return runs;
    }
  }
  return std::nullopt;
}

double DetectableDifference(const Effect& effect, double alpha) {
  return Reach(alpha, effect.df) * effect.error;
}

}  // namespace weir::analysis
