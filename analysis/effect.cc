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

// The estimate of a design, and what turns the variance into that of the difference.
struct Fit {
  Effect effect;  ///< Without its error.
  double factor = 0;
};

std::vector<double> PairDifferences(std::span<const double> a, std::span<const double> b,
                                    const RunOrder& order) {
  std::vector<double> differences(a.size(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    differences[static_cast<std::size_t>(order.slot_a[i])] -= a[i];
    differences[static_cast<std::size_t>(order.slot_b[i])] += b[i];
  }
  return differences;
}

std::optional<Fit> FitPairs(std::span<const double> a, std::span<const double> b,
                            const RunOrder& order) {
  const std::vector<double> differences = PairDifferences(a, b, order);
  const auto pairs = static_cast<double>(differences.size());
  Fit fit;
  Effect& effect = fit.effect;
  effect.difference = Mean(differences);
  effect.df = pairs - 1;
  if (effect.df < kDfMin) {
    return std::nullopt;
  }
  effect.level_a = Mean(a);
  effect.variance =
      Products(differences, effect.difference, differences, effect.difference) / effect.df;
  fit.factor = 1 / pairs;
  return fit;
}

// The `cut` smallest and largest differences are left out of the mean, and count as the nearest
// that is left for the variance.
std::optional<Fit> FitTrimmedPairs(std::span<const double> a, std::span<const double> b,
                                   const RunOrder& order, std::size_t cut) {
  std::vector<double> differences = PairDifferences(a, b, order);
  std::sort(differences.begin(), differences.end());
  const auto pairs = static_cast<double>(differences.size());
  const auto kept = static_cast<double>(differences.size() - 2 * cut);
  Fit fit;
  Effect& effect = fit.effect;
  effect.difference = Mean(std::span(differences).subspan(cut, differences.size() - 2 * cut));
  effect.df = kept - 1;
  if (effect.df < kDfMin) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < cut; ++i) {
    differences[i] = differences[cut];
    differences[differences.size() - 1 - i] = differences[differences.size() - 1 - cut];
  }
  const double centre = Mean(differences);
  effect.level_a = Mean(a);
  effect.variance = Products(differences, centre, differences, centre) / effect.df * (pairs / kept);
  fit.factor = 1 / pairs;
  return fit;
}

// Least squares with a common slope, written out: the slope comes from the deviations inside the
// sides, the difference is that of the means with the slope taken out.
std::optional<Fit> FitTrend(std::span<const double> a, std::span<const double> b,
                            const RunOrder& order) {
  const auto count_a = static_cast<double>(a.size());
  const auto count_b = static_cast<double>(b.size());
  const double mean_a = Mean(a);
  const double mean_b = Mean(b);
  const double slot_a = Mean(order.slot_a);
  const double slot_b = Mean(order.slot_b);
  const double slot_spread = Products(order.slot_a, slot_a, order.slot_a, slot_a) +
                             Products(order.slot_b, slot_b, order.slot_b, slot_b);
  Fit fit;
  Effect& effect = fit.effect;
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
  fit.factor = 1 / count_a + 1 / count_b + gap * gap / slot_spread;
  return fit;
}

// Without an order there is no trend to take out: two means with a common variance.
Fit FitMeans(std::span<const double> a, std::span<const double> b) {
  const auto count_a = static_cast<double>(a.size());
  const auto count_b = static_cast<double>(b.size());
  Fit fit;
  Effect& effect = fit.effect;
  effect.df = count_a + count_b - 2;
  effect.level_a = Mean(a);
  effect.difference = Mean(b) - effect.level_a;
  const double mean_b = Mean(b);
  effect.variance =
      (Products(a, effect.level_a, a, effect.level_a) + Products(b, mean_b, b, mean_b)) / effect.df;
  fit.factor = 1 / count_a + 1 / count_b;
  return fit;
}

std::optional<Fit> FitDesign(std::span<const double> a, std::span<const double> b,
                             const RunOrder& order, double trimmed) {
  switch (order.design) {
    case RunDesign::kDuet: {
      const auto cut = static_cast<std::size_t>(trimmed * static_cast<double>(a.size()));
      return cut == 0 ? FitPairs(a, b, order) : FitTrimmedPairs(a, b, order, cut);
    }
    case RunDesign::kInterleaved:
    case RunDesign::kSequential:
      return FitTrend(a, b, order);
    case RunDesign::kUnknown:
      return FitMeans(a, b);
  }
  WEIR_CHECK(false);
}

// The x with P(F <= x) = p, of the F distribution.
double FQuantile(double p, double df, double df_below) {
  const double share = BetaQuantile(p, df / 2, df_below / 2);
  return df_below * share / (df * (1 - share));
}

void Pool(const EarlierNoise& earlier, Effect& effect) {
  constexpr double kAlike = 0.95;
  if (earlier.df <= 0 ||
      effect.variance >= FQuantile(kAlike, effect.df, earlier.df) * earlier.variance) {
    return;
  }
  effect.variance =
      (earlier.df * earlier.variance + effect.df * effect.variance) / (earlier.df + effect.df);
  effect.df += earlier.df;
  effect.earlier_df = earlier.df;
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
                                     const RunOrder& order, const EffectRules& rules) {
  WEIR_CHECK(a.size() == order.slot_a.size());
  WEIR_CHECK(b.size() == order.slot_b.size());
  WEIR_CHECK(rules.error_min > 0);
  WEIR_CHECK(rules.trimmed >= 0 && rules.trimmed <= 0.25);
  if (a.size() < kRunsMin || b.size() < kRunsMin) {
    return std::nullopt;
  }
  std::optional<Fit> fit = FitDesign(a, b, order, rules.trimmed);
  if (!fit) {
    return std::nullopt;
  }
  Pool(rules.earlier, fit->effect);
  fit->effect.error = std::max(std::sqrt(fit->effect.variance * fit->factor), rules.error_min);
  return fit->effect;
}

std::optional<int> RunsNeeded(const Effect& effect, RunDesign design, double alpha,
                              double distance) {
  WEIR_CHECK(distance > 0);
  const bool paired = design == RunDesign::kDuet;
  for (int runs = 3; runs <= kRunsNeededMax; ++runs) {
    const double df = effect.earlier_df + (paired ? runs - 1 : 2 * runs - 3);
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
