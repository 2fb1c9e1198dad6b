#include "tests/analysis/forecast_series.h"

#include <cmath>
#include <numbers>

namespace weir::analysis {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;

template <typename Draw>
std::vector<double> Drawn(std::size_t n, const Draw& draw) {
  std::vector<double> values(n);
  for (std::size_t t = 0; t < n; ++t) {
    values[t] = draw(static_cast<double>(t));
  }
  return values;
}

}  // namespace

std::vector<double> WhiteNoise(Rng& rng, std::size_t n) {
  return Drawn(n, [&](double) { return 100 + 5 * rng.Normal(); });
}

std::vector<double> RandomWalk(Rng& rng, std::size_t n) {
  double level = 100;
  return Drawn(n, [&](double) { return level += rng.Normal(); });
}

std::vector<double> Autocorrelated(Rng& rng, std::size_t n) {
  double state = 0;
  return Drawn(n, [&](double) {
    state = 0.8 * state + rng.Normal();
    return 20 + state;
  });
}

std::vector<double> LogNormal(Rng& rng, std::size_t n) {
  return Drawn(n, [&](double) { return 20 * std::exp(0.5 * rng.Normal()); });
}

std::vector<double> LineWithNoise(Rng& rng, std::size_t n) {
  return Drawn(n, [&](double t) { return 50 + t / 2 + 2 * rng.Normal(); });
}

std::vector<double> Counts(Rng& rng, std::size_t n) {
  return Drawn(n, [&](double) {
    double count = 0;
    for (double passed = rng.Exponential(); passed < 0.7; passed += rng.Exponential()) {
      count += 1;
    }
    return count;
  });
}

std::vector<double> LiveMetric(Rng& rng, std::size_t n, double season) {
  const double phase = rng.Uniform();
  double state = 0;
  return Drawn(n, [&](double t) {
    state = 0.7 * state + 0.05 * rng.Normal();
    const double spike = rng.Uniform() < 0.002 ? 1 : 0;
    return 100 * std::exp(0.5 * std::sin(kTurn * (t / season + phase)) + state +
                          0.05 * rng.Normal() + spike);
  });
}

std::vector<double> TwoSeasons(Rng& rng, std::size_t n, double longer) {
  return Drawn(n, [&](double t) {
    return 100 + 10 * std::sin(kTurn * t / 24) + 5 * std::sin(kTurn * t / longer) + rng.Normal();
  });
}

}  // namespace weir::analysis
