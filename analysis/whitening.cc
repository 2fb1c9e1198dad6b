#include "analysis/whitening.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/autocorrelation.h"
#include "analysis/distributions.h"

namespace weir::analysis {

std::vector<double> FitAutoregression(std::span<const double> values, std::size_t order_max) {
  constexpr std::size_t kValuesMin = 20;
  if (values.size() < kValuesMin) {
    return {};
  }
  order_max = std::min(order_max, values.size() / 10);
  const std::vector<double> correlations = Autocorrelations(values, order_max);
  std::vector<double> best;
  std::vector<double> current;
  double error = 1;
  double best_criterion = 0;  // n log(error) + 2 order at order 0.
  const auto n = static_cast<double>(values.size());
  for (std::size_t order = 1; order < correlations.size(); ++order) {
    double reflection = correlations[order];
    for (std::size_t i = 0; i < current.size(); ++i) {
      reflection -= current[i] * correlations[order - 1 - i];
    }
    reflection /= error;
    std::vector<double> next(order);
    for (std::size_t i = 0; i + 1 < order; ++i) {
      next[i] = current[i] - reflection * current[order - 2 - i];
    }
    next[order - 1] = reflection;
    error *= 1 - reflection * reflection;
    if (!(error > 1e-12)) {
      break;
    }
    current = std::move(next);
    const double criterion = n * std::log(error) + 2 * static_cast<double>(order);
    if (criterion < best_criterion) {
      best_criterion = criterion;
      best = current;
    }
  }
  return best;
}

std::vector<double> Whitened(std::span<const double> values, std::span<const double> coefficients) {
  std::vector<double> rest(values.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t t = coefficients.size(); t < values.size(); ++t) {
    double expected = 0;
    for (std::size_t k = 0; k < coefficients.size(); ++k) {
      expected += coefficients[k] * values[t - 1 - k];
    }
    rest[t] = values[t] - expected;
  }
  return rest;
}

std::vector<double> MidRanks(std::span<const double> values) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) {
      places.push_back(i);
    }
  }
  std::sort(places.begin(), places.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t from = 0; from < places.size();) {
    std::size_t to = from;
    while (to < places.size() && values[places[to]] == values[places[from]]) {
      ++to;
    }
    for (std::size_t i = from; i < to; ++i) {
      ranks[places[i]] = static_cast<double>(from + 1 + to) / 2;
    }
    from = to;
  }
  return ranks;
}

std::vector<double> NormalScores(std::span<const double> values) {
  std::vector<double> scores = MidRanks(values);
  double present = 0;
  for (const double rank : scores) {
    present += std::isfinite(rank) ? 1 : 0;
  }
  for (double& score : scores) {
    score = std::isfinite(score) ? NormalQuantile((score - 0.5) / present) : score;
  }
  return scores;
}

}  // namespace weir::analysis
