#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

#include "base/rng.h"
#include "base/series.h"
#include "tests/analysis/random_series.h"

/// Simulated latency metrics and outcomes.
namespace weir::tests {

/// A daily course: two harmonics with the given period, as traffic has it.
inline double DailyCourse(std::size_t t, double period, double phase) {
  const double angle = 2 * std::numbers::pi * static_cast<double>(t) / period;
  return std::sin(angle + phase) + 0.4 * std::sin(2 * angle + 2 * phase);
}

/// A latency-like series: log-normal body with memory and a share of the daily course.
inline std::vector<double> LatencySeries(Rng& rng, std::size_t size, double season, double period) {
  const double rho = 0.3 + 0.6 * rng.Uniform();
  const std::vector<double> memory = Autoregression(rng, size, rho);
  std::vector<double> values(size);
  for (std::size_t t = 0; t < size; ++t) {
    values[t] = 200 * std::exp(0.3 * (memory[t] + season * DailyCourse(t, period, 0)));
  }
  return values;
}

/// An outcome-like series without relation: a rate with memory, season and now and then an outlier.
inline std::vector<double> OutcomeSeries(Rng& rng, std::size_t size, double season, double period) {
  const std::vector<double> memory = Autoregression(rng, size, 0.8 * rng.Uniform());
  std::vector<double> values(size);
  for (std::size_t t = 0; t < size; ++t) {
    const double outlier = rng.Uniform() < 0.01 ? 6 * rng.Normal() : 0;
    values[t] = 5 + 0.5 * (memory[t] + outlier + season * DailyCourse(t, period, 0.5));
  }
  return values;
}

inline Series Named(std::string name, std::vector<double> values) {
  return {.name = std::move(name), .unit = {}, .values = std::move(values), .errors = {}};
}

struct UxSetOptions {
  std::size_t rows = 400;
  double season = 1;  ///< Of latency and outcome alike, in standard deviations of their memory.
  double period = 24;
  double effect = 0.5;  ///< On the outcome, in its standard deviations for one of the latency.
  double drift = 0;     ///< Half a slow wave over all rows, in the same deviations, in all series.
  bool heavy_tails = false;  ///< Student's t with 2 degrees of freedom on top of the outcomes.
};

struct UxSet {
  std::vector<Series> drivers;   ///< latency0, latency1
  std::vector<Series> outcomes;  ///< outcome0, outcome1
  int lag = 0;                   ///< outcome1 follows latency1 by this many rows.
};

/// Adds drift and tails to the newest latency and outcome of `set`.
inline void Disturb(const UxSetOptions& options, Rng& rng, UxSet& set) {
  std::vector<double>& latency = set.drivers.back().values;
  std::vector<double>& outcome = set.outcomes.back().values;
  for (std::size_t t = 0; options.drift != 0 && t < options.rows; ++t) {
    const double wave = options.drift * std::sin(std::numbers::pi * static_cast<double>(t) /
                                                 static_cast<double>(options.rows));
    latency[t] *= std::exp(0.3 * wave);
    outcome[t] += 0.5 * wave;
  }
  for (std::size_t t = 0; options.heavy_tails && t < options.rows; ++t) {
    outcome[t] += 0.5 * rng.Normal() / std::sqrt(rng.Exponential());
  }
}

/// Two latencies and two outcomes that have nothing to do with each other but the time of day.
inline UxSet NullSet(const UxSetOptions& options, std::uint64_t seed) {
  Rng rng = Rng::ForPart(101, seed);
  UxSet set;
  for (const char* number : {"0", "1"}) {
    set.drivers.push_back(Named(std::string("latency") + number,
                                LatencySeries(rng, options.rows, options.season, options.period)));
    set.outcomes.push_back(Named(std::string("outcome") + number,
                                 OutcomeSeries(rng, options.rows, options.season, options.period)));
    Disturb(options, rng, set);
  }
  return set;
}

/// The same, but outcome1 falls with the logarithm of latency1, 0 to 8 rows later.
inline UxSet PlantedSet(const UxSetOptions& options, std::uint64_t seed) {
  UxSet set = NullSet(options, seed + 1'000'000);
  set.lag = static_cast<int>(Rng::ForPart(103, seed).Below(9));
  const std::vector<double>& latency = set.drivers[1].values;
  std::vector<double>& outcome = set.outcomes[1].values;
  for (auto t = static_cast<std::size_t>(set.lag); t < outcome.size(); ++t) {
    const double deviations = std::log(latency[t - static_cast<std::size_t>(set.lag)] / 200) / 0.3;
    outcome[t] -= options.effect * deviations;
  }
  return set;
}

}  // namespace weir::tests
