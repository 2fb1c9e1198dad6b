// What one evaluation of a rule on 1,000 series costs, each with a new sample, and what a forecast
// costs. Budget (release preset, alone on the machine): 3 ms an evaluation of any rule but a
// forecast, which is 0.3 % of a core at one a second.

#include <chrono>
#include <cmath>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include "base/rng.h"
#include "monitor/rules/rule_engine.h"

namespace weir::monitor {
namespace {

constexpr int kSeries = 1000;
constexpr WallTime kStart{std::chrono::seconds(1'700'000'000)};

AlertRule RuleWith(RuleEngineSpec engine) {
  AlertRule rule;
  rule.name = "R";
  rule.metric = "m";
  rule.threshold = {.side = BadSide::kAbove, .level = 1e9, .clear_level = {}};
  rule.engine = std::move(engine);
  return rule;
}

void Evaluate(benchmark::State& state, AlertRule rule) {
  Rng rng(1);
  Reading reading;
  for (int i = 0; i < kSeries; ++i) {
    reading.samples.push_back({std::make_shared<const SeriesName>(
        SeriesName{"m", {{"host", std::to_string(i)}, {"job", "shop"}}})});
  }
  RuleEngine engine({std::move(rule)});
  WallTime at = kStart;
  double total = 0;
  for (auto _ : state) {
    state.PauseTiming();
    at += std::chrono::seconds(1);
    total += 100;
    for (Sample& sample : reading.samples) {
      sample.value = total + 10 * rng.Normal();
    }
    const SourceView view{.reading = &reading, .at = at, .stale = false};
    state.ResumeTiming();
    engine.Evaluate(at, {&view, 1});
  }
}

void BM_Threshold(benchmark::State& state) {
  Evaluate(state, RuleWith({}));
}

BENCHMARK(BM_Threshold)->Unit(benchmark::kMicrosecond);

void BM_BurnRate(benchmark::State& state) {
  BurnRateSpec spec;
  spec.bad = {.metric = "none", .matchers = {}};
  spec.total = {.metric = "m", .matchers = {}};
  spec.by = {"host"};
  Evaluate(state, RuleWith(spec));
}

BENCHMARK(BM_BurnRate)->Unit(benchmark::kMicrosecond);

void BM_Anomaly(benchmark::State& state) {
  AnomalySpec spec;
  spec.every = std::chrono::seconds(1);
  Evaluate(state, RuleWith(spec));
}

BENCHMARK(BM_Anomaly)->Unit(benchmark::kMicrosecond);

// One forecast of four hours in steps of four minutes from all that is kept.
void BM_Forecast(benchmark::State& state) {
  const PredictSpec spec;
  const AlertThreshold limit = {.side = BadSide::kAbove, .level = 200, .clear_level = {}};
  PredictJudge judge(spec, limit);
  Rng rng(2);
  for (int i = 0; i < 300; ++i) {
    judge.Add(kStart + spec.every * i, 0, 0.3 * i + rng.Normal());
  }
  for (auto _ : state) {
    judge.Work();
    benchmark::DoNotOptimize(judge.probability());
  }
}

BENCHMARK(BM_Forecast)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace weir::monitor
