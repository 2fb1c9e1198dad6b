// Budgets (release preset, alone on the machine): 10,000 histories of 300 runs in 10 s of one core,
// which is 1 ms a history; appending a run 1 ms.

#include <cmath>
#include <vector>

#include <benchmark/benchmark.h>

#include "analysis/changepoint.h"
#include "base/rng.h"

namespace weir::analysis {
namespace {

// As histories are: some with a step, some with memory, some with outliers, some with a drift.
std::vector<double> History(std::uint64_t seed, std::size_t runs) {
  Rng rng(seed);
  const double memory = seed % 3 == 0 ? 0.6 : 0;
  const double drift = seed % 4 == 0 ? 0.002 : 0;
  const std::size_t step = seed % 2 == 0 ? runs : runs / 2;
  double noise = 0;
  double level = 0;
  std::vector<double> values;
  for (std::size_t t = 0; t < runs; ++t) {
    noise = memory * noise + std::sqrt(1 - memory * memory) * rng.Normal();
    level += drift * rng.Normal();
    const double outlier = rng.Uniform() < 0.02 ? 0.2 : 0;
    values.push_back(1e7 * std::exp(level + 0.01 * noise + outlier + (t >= step ? 0.05 : 0)));
  }
  return values;
}

std::vector<std::vector<double>> Histories(std::size_t count, std::size_t runs) {
  std::vector<std::vector<double>> histories;
  for (std::size_t i = 0; i < count; ++i) {
    histories.push_back(History(i + 1, runs));
  }
  return histories;
}

void BM_History(benchmark::State& state) {
  const auto histories = Histories(100, static_cast<std::size_t>(state.range(0)));
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(FindChangePoints({histories[next++ % histories.size()], {}}));
  }
}

BENCHMARK(BM_History)->Arg(60)->Arg(300)->Arg(1024)->Arg(10'000)->Unit(benchmark::kMillisecond);

// One more run of a history that has 300, and what is known then.
void BM_Append(benchmark::State& state) {
  const auto histories = Histories(20, 300);
  std::size_t next = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const std::vector<double>& history = histories[next++ % histories.size()];
    ChangePointTracker tracker;
    for (const double value : history) {
      tracker.Append({.value = value, .standard_error = 0});
    }
    state.ResumeTiming();
    tracker.Append({.value = history.back(), .standard_error = 0});
    benchmark::DoNotOptimize(tracker.Result());
  }
}

BENCHMARK(BM_Append)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::analysis
