// Cost of relating latency to outcomes, and of reading its parts.

#include <cmath>
#include <vector>

#include <benchmark/benchmark.h>

#include "analysis/apdex.h"
#include "analysis/dose_response.h"
#include "analysis/ux.h"
#include "base/rng.h"

namespace weir::analysis {
namespace {

struct Pair {
  Series latency{"latency", "", {}, {}};
  Series outcome{"outcome", "", {}, {}};
};

Pair Related(std::size_t rows) {
  Rng rng(5);
  Pair pair;
  double memory = 0;
  for (std::size_t t = 0; t < rows; ++t) {
    memory = 0.6 * memory + 0.8 * rng.Normal();
    const double day = std::sin(static_cast<double>(t) / 24 * 6.283185);
    pair.latency.values.push_back(200 * std::exp(0.3 * (memory + day)));
    pair.outcome.values.push_back(5 - 0.01 * std::max(0.0, pair.latency.values.back() - 250) +
                                  0.3 * rng.Normal() + 0.3 * day);
  }
  return pair;
}

void BM_CorrelateUx(benchmark::State& state) {
  const Pair pair = Related(static_cast<std::size_t>(state.range(0)));
  const std::vector<Series> drivers = {pair.latency};
  const std::vector<Series> outcomes = {pair.outcome};
  for (auto _ : state) {
    benchmark::DoNotOptimize(CorrelateUx(drivers, outcomes, {}));
  }
}

BENCHMARK(BM_CorrelateUx)->Arg(600)->Arg(10'000)->Unit(benchmark::kMillisecond);

void BM_DoseResponse(benchmark::State& state) {
  const Pair pair = Related(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(EstimateDoseResponse(pair.latency.values, pair.outcome.values, {}));
  }
}

BENCHMARK(BM_DoseResponse)->Arg(600)->Arg(10'000)->Unit(benchmark::kMillisecond);

void BM_Apdex(benchmark::State& state) {
  Rng rng(6);
  Histogram response;
  for (int i = 0; i < 100'000; ++i) {
    response.RecordNs(static_cast<std::uint64_t>(1e8 * std::exp(0.5 * rng.Normal())), 1);
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(ApdexOf(response, 100, std::chrono::milliseconds(100)));
  }
}

BENCHMARK(BM_Apdex);

}  // namespace
}  // namespace weir::analysis
