#include "tests/analysis/anomaly_series.h"

#include <cmath>
#include <numbers>

namespace weir::analysis {
namespace {

NullKind Independent(std::string name, std::function<double(Rng&)> draw) {
  return {std::move(name), [draw = std::move(draw)](Rng& rng, std::size_t values) {
            std::vector<double> series(values);
            for (double& value : series) {
              value = draw(rng);
            }
            return series;
          }};
}

NullKind WithMemory(std::string name, double memory) {
  return {std::move(name), [memory](Rng& rng, std::size_t values) {
            std::vector<double> series(values);
            double last = 0;
            for (double& value : series) {
              last = memory * last + rng.Normal();
              value = last;
            }
            return series;
          }};
}

// What depends on the place i: a trend, a season.
NullKind Placed(std::string name, std::function<double(Rng&, double)> draw) {
  return {std::move(name), [draw = std::move(draw)](Rng& rng, std::size_t values) {
            std::vector<double> series(values);
            for (std::size_t i = 0; i < values; ++i) {
              series[i] = draw(rng, static_cast<double>(i));
            }
            return series;
          }};
}

double DayWave(double place) {
  return std::sin(2 * std::numbers::pi * place / static_cast<double>(kValuesPerDay));
}

double Count(Rng& rng) {
  double count = 0;
  for (double sum = rng.Exponential(); sum < 5; sum += rng.Exponential()) {
    ++count;
  }
  return count;
}

double StudentT3(Rng& rng) {
  double chi = 0;
  for (int i = 0; i < 3; ++i) {
    const double z = rng.Normal();
    chi += z * z;
  }
  return rng.Normal() / std::sqrt(chi / 3);
}

}  // namespace

std::vector<NullKind> NullKinds() {
  return {
      Independent("normal", [](Rng& rng) { return rng.Normal(); }),
      Independent("uniform", [](Rng& rng) { return rng.Uniform(); }),
      Independent("laplace",
                  [](Rng& rng) {
                    const double size = rng.Exponential();
                    return rng.Uniform() < 0.5 ? -size : size;
                  }),
      Independent("exponential", [](Rng& rng) { return rng.Exponential(); }),
      Independent("student t 3", StudentT3),
      Independent("cauchy",
                  [](Rng& rng) { return std::tan(std::numbers::pi * (rng.Uniform() - 0.5)); }),
      Independent("counts", Count),
      Independent("rare outliers",
                  [](Rng& rng) { return rng.Normal() * (rng.Uniform() < 0.02 ? 10 : 1); }),
      WithMemory("memory 0.5", 0.5),
      WithMemory("memory 0.9", 0.9),
      WithMemory("memory 0.99", 0.99),
      WithMemory("random walk", 1),
      Placed("drift", [](Rng& rng, double i) { return rng.Normal() + 0.002 * i; }),
      Placed("season", [](Rng& rng, double i) { return rng.Normal() + 10 * DayWave(i); }),
      Placed("weak season", [](Rng& rng, double i) { return rng.Exponential() + 2 * DayWave(i); }),
      Placed("daily spread",
             [](Rng& rng, double i) { return rng.Normal() * std::exp(DayWave(i)); }),
  };
}

WallTime MomentOf(std::size_t i) {
  constexpr std::int64_t kMonday = 1'388'966'400;  // 2014-01-06T00:00:00Z
  return WallTime(std::chrono::seconds(kMonday + 300 * static_cast<std::int64_t>(i)));
}

std::vector<double> Noise(std::uint64_t seed, std::size_t values, double level, double size) {
  Rng rng(seed);
  std::vector<double> series(values);
  for (double& value : series) {
    value = level + size * rng.Normal();
  }
  return series;
}

std::vector<double> WorkingDays(std::uint64_t seed, std::size_t days) {
  std::vector<double> series = Noise(seed, days * kValuesPerDay, 20, 1);
  for (std::size_t i = 0; i < series.size(); ++i) {
    const std::size_t hour = i % kValuesPerDay / 12;
    series[i] += hour >= 9 && hour < 18 ? 60 : 0;
  }
  return series;
}

std::vector<AnomalyPoint> JudgeTimed(const std::vector<double>& values,
                                     const AnomalyOptions& options) {
  AnomalyDetector detector(options);
  std::vector<AnomalyPoint> points;
  points.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    points.push_back(detector.Push(MomentOf(i), values[i]));
  }
  return points;
}

std::vector<std::size_t> AlertsOf(const std::vector<AnomalyPoint>& points) {
  std::vector<std::size_t> alerts;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i].state == AnomalyState::kAlert) {
      alerts.push_back(i);
    }
  }
  return alerts;
}

}  // namespace weir::analysis
