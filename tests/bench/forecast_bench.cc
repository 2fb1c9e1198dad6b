// Cost of a forecast by the kind of series. A forecast has a budget of 20 ms.

#include <cmath>
#include <numbers>
#include <vector>

#include <benchmark/benchmark.h>

#include "analysis/forecast.h"
#include "analysis/usl.h"
#include "base/rng.h"

namespace {

using weir::analysis::ForecastOptions;

// Two seasons, 24 and 168 steps, with noise.
std::vector<double> Seasonal(std::size_t n) {
  weir::Rng rng(1);
  std::vector<double> values;
  for (std::size_t t = 0; t < n; ++t) {
    const double turn = 2 * std::numbers::pi * static_cast<double>(t);
    values.push_back(100 + 20 * std::sin(turn / 24) + 8 * std::sin(turn / 168) + rng.Normal());
  }
  return values;
}

void Run(benchmark::State& state, std::size_t n, const ForecastOptions& options) {
  const std::vector<double> values = Seasonal(n);
  for (auto _ : state) {
    benchmark::DoNotOptimize(weir::analysis::MakeForecast(values, options));
  }
}

void BM_HourlyMetric(benchmark::State& state) {
  Run(state, 960, {.horizon = 48, .seasons = {24}});
}

BENCHMARK(BM_HourlyMetric)->Unit(benchmark::kMillisecond);

// The most that is looked at: more values than are used, two seasons, far ahead.
void BM_LongHourlyMetric(benchmark::State& state) {
  Run(state, 8'000, {.horizon = 168, .seasons = {24, 168}});
}

BENCHMARK(BM_LongHourlyMetric)->Unit(benchmark::kMillisecond);

void BM_FiveMinuteMetric(benchmark::State& state) {
  Run(state, 8'064, {.horizon = 288, .seasons = {288}});
}

BENCHMARK(BM_FiveMinuteMetric)->Unit(benchmark::kMillisecond);

void BM_SeasonUnknown(benchmark::State& state) {
  Run(state, 960, {.horizon = 13});
}

BENCHMARK(BM_SeasonUnknown)->Unit(benchmark::kMillisecond);

void BM_FortyBuilds(benchmark::State& state) {
  Run(state, 40, {.horizon = 5});
}

BENCHMARK(BM_FortyBuilds)->Unit(benchmark::kMillisecond);

void BM_LimitCrossing(benchmark::State& state) {
  Run(state, 960, {.horizon = 48, .seasons = {24}, .limit = 140.0});
}

BENCHMARK(BM_LimitCrossing)->Unit(benchmark::kMillisecond);

void BM_UslFit(benchmark::State& state) {
  const std::vector<weir::analysis::LoadPoint> points = {{1, 64.9},    {18, 995.9},   {36, 1652.4},
                                                         {72, 1853.2}, {108, 1828.9}, {144, 1775.0},
                                                         {216, 1702.2}};
  for (auto _ : state) {
    benchmark::DoNotOptimize(weir::analysis::FitUsl(points));
  }
}

BENCHMARK(BM_UslFit)->Unit(benchmark::kMillisecond);

}  // namespace
