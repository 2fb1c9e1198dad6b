// A Google Benchmark program of a moment, for the tests of `weir run --gbench`. TINY_BENCH_WORK
// makes one of its benchmarks take longer.

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <benchmark/benchmark.h>

namespace {

std::uint64_t Work() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): read once, before any thread.
  const char* text = std::getenv("TINY_BENCH_WORK");
  std::uint64_t work = 100;
  if (text != nullptr) {
    std::from_chars(text, text + std::strlen(text), work);
  }
  return work;
}

void BM_Sum(benchmark::State& state) {
  const std::uint64_t work = Work();
  for (auto _ : state) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < work; ++i) {
      benchmark::DoNotOptimize(sum += i);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(work));
  state.counters["work"] = static_cast<double>(work);
}

void BM_Fails(benchmark::State& state) {
  state.SkipWithError("it is meant to");
  for (auto _ : state) {
  }
}

BENCHMARK(BM_Sum)->Iterations(1000);
BENCHMARK(BM_Sum)->Name("BM_SumInMilliseconds")->Unit(benchmark::kMillisecond)->Iterations(1000);
BENCHMARK(BM_Fails)->Iterations(1);

}  // namespace

BENCHMARK_MAIN();
