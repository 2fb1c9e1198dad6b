#include "analysis/variance_prior.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/polygamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>

#include "base/check.h"

namespace weir::analysis {
namespace {

constexpr std::size_t kVariancesMin = 3;

// The x > 0 with trigamma(x) = y, by Newton's method on 1 / trigamma, which is nearly linear.
double TrigammaInverse(double y) {
  constexpr double kLarge = 1e7;
  constexpr double kSmall = 1e-6;
  constexpr int kStepsMax = 50;
  constexpr double kEnough = 1e-8;
  if (y > kLarge) {
    return 1 / std::sqrt(y);
  }
  if (y < kSmall) {
    return 1 / y;
  }
  double x = 0.5 + 1 / y;
  for (int step = 0; step < kStepsMax; ++step) {
    const double trigamma = boost::math::trigamma(x);
    const double change = trigamma * (1 - trigamma / y) / boost::math::polygamma(2, x);
    x += change;
    if (-change / x < kEnough) {
      break;
    }
  }
  return x;
}

}  // namespace

VariancePrior FitVariancePrior(std::span<const double> variances, double df) {
  WEIR_CHECK(df > 0);
  std::vector<double> logs;
  for (const double variance : variances) {
    if (variance > 0) {
      logs.push_back(std::log(variance) - boost::math::digamma(df / 2) + std::log(df / 2));
    }
  }
  if (logs.size() < kVariancesMin) {
    return {};
  }
  const auto count = static_cast<double>(logs.size());
  double mean = 0;
  for (const double log : logs) {
    mean += log / count;
  }
  double spread = 0;
  for (const double log : logs) {
    spread += (log - mean) * (log - mean) / (count - 1);
  }
  const double beyond = spread - boost::math::trigamma(df / 2);
  VariancePrior prior;
  prior.df = beyond > 0 ? std::min(2 * TrigammaInverse(beyond), kPriorDfMax) : kPriorDfMax;
  prior.variance = std::exp(mean + boost::math::digamma(prior.df / 2) - std::log(prior.df / 2));
  return prior;
}

Effect Moderated(Effect effect, const VariancePrior& prior, double error_min) {
  WEIR_CHECK(error_min > 0);
  if (prior.df > 0 && effect.variance > 0) {
    const double variance =
        (prior.df * prior.variance + effect.df * effect.variance) / (prior.df + effect.df);
    effect.error *= std::sqrt(variance / effect.variance);
    effect.variance = variance;
    effect.df += prior.df;
  }
  effect.error = std::max(effect.error, error_min);
  return effect;
}

}  // namespace weir::analysis
