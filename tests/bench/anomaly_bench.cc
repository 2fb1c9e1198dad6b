// Budgets (release preset, alone on the machine): 200 ns a value, 1 kB a stream.

#include <cmath>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "analysis/anomaly_group.h"
#include "base/rng.h"

namespace weir::analysis {
namespace {

constexpr std::size_t kValues = 1 << 16;

std::vector<double> Metric(std::uint64_t seed) {
  Rng rng(seed);
  std::vector<double> values(kValues);
  for (std::size_t i = 0; i < kValues; ++i) {
    values[i] = 40 + 10 * std::sin(static_cast<double>(i) / 46) + rng.Normal();
  }
  return values;
}

WallTime MomentOf(std::int64_t i) {
  return WallTime(std::chrono::seconds(1'400'000'000 + 300 * i));
}

// Values without times: no season is looked for.
void BM_AnomalyPush(benchmark::State& state) {
  const std::vector<double> values = Metric(1);
  AnomalyDetector detector;
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(detector.Push(values[i++ & (kValues - 1)]).score);
  }
  state.counters["state_bytes"] = sizeof(AnomalyDetector);
}

BENCHMARK(BM_AnomalyPush);

void BM_AnomalyPushWithTimes(benchmark::State& state) {
  const std::vector<double> values = Metric(2);
  AnomalyDetector detector;
  std::size_t i = 0;
  for (auto _ : state) {
    const WallTime at = MomentOf(static_cast<std::int64_t>(i));
    benchmark::DoNotOptimize(detector.Push(at, values[i++ & (kValues - 1)]).score);
  }
}

BENCHMARK(BM_AnomalyPushWithTimes);

// Eight metrics of one target; the time is for all of them.
void BM_AnomalyGroupPush(benchmark::State& state) {
  const std::vector<double> values = Metric(3);
  AnomalyGroup group(8, {});
  std::size_t i = 0;
  for (auto _ : state) {
    const WallTime at = MomentOf(static_cast<std::int64_t>(i / 8));
    benchmark::DoNotOptimize(group.Push(at, std::span(values).subspan(i & (kValues - 1), 8)).lead);
    i += 8;
  }
}

BENCHMARK(BM_AnomalyGroupPush);

void BM_AnomalyTenMillionValues(benchmark::State& state) {
  Rng rng(4);
  std::vector<double> values(10'000'000);
  for (double& value : values) {
    value = rng.Normal();
  }
  std::size_t alerts = 0;
  for (auto _ : state) {
    AnomalyDetector detector;
    alerts = 0;
    for (const double value : values) {
      alerts += detector.Push(value).state == AnomalyState::kAlert ? 1U : 0U;
    }
  }
  state.counters["alerts"] = static_cast<double>(alerts);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(values.size()));
}

BENCHMARK(BM_AnomalyTenMillionValues)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace weir::analysis
