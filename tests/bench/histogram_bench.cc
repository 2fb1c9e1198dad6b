// Budgets (release preset, alone on the machine): Record 3 ns.

#include <cmath>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/histogram.h"
#include "base/histogram_codec.h"
#include "base/rng.h"

namespace weir {
namespace {

constexpr std::size_t kValues = 4096;  // A power of two, so that the index wraps by a mask.

// Log-normal around 2 ms, as answers of a web service are.
std::vector<Nanos> Latencies() {
  Rng rng(1);
  std::vector<Nanos> values;
  for (std::size_t i = 0; i < kValues; ++i) {
    values.emplace_back(static_cast<std::int64_t>(2e6 * std::exp(0.5 * rng.Normal())));
  }
  return values;
}

// What one second at 4,096 requests leaves behind.
Histogram OneSecond() {
  Histogram histogram;
  for (const Nanos value : Latencies()) {
    histogram.Record(value);
  }
  return histogram;
}

void BM_HistogramRecord(benchmark::State& state) {
  const std::vector<Nanos> values = Latencies();
  Histogram histogram;
  std::size_t i = 0;
  for (auto _ : state) {
    histogram.Record(values[i++ & (kValues - 1)]);
  }
  benchmark::DoNotOptimize(histogram.count());
}

BENCHMARK(BM_HistogramRecord);

// The worst case for store forwarding: always the same counter.
void BM_HistogramRecordSameValue(benchmark::State& state) {
  Histogram histogram;
  Nanos value(2'000'000);
  for (auto _ : state) {
    benchmark::DoNotOptimize(value);
    histogram.Record(value);
  }
  benchmark::DoNotOptimize(histogram.count());
}

BENCHMARK(BM_HistogramRecordSameValue);

void BM_HistogramMerge(benchmark::State& state) {
  const Histogram second = OneSecond();
  Histogram sum;
  for (auto _ : state) {
    sum.Merge(second);
  }
  benchmark::DoNotOptimize(sum.count());
}

BENCHMARK(BM_HistogramMerge);

void BM_HistogramQuantile(benchmark::State& state) {
  const Histogram second = OneSecond();
  double q = 0.99;
  for (auto _ : state) {
    benchmark::DoNotOptimize(q);
    benchmark::DoNotOptimize(second.QuantileNs(q));
  }
}

BENCHMARK(BM_HistogramQuantile);

void BM_HistogramClearAndRefill(benchmark::State& state) {
  const std::vector<Nanos> values = Latencies();
  Histogram histogram;
  for (auto _ : state) {
    histogram.Clear();
    for (const Nanos value : values) {
      histogram.Record(value);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kValues));
}

BENCHMARK(BM_HistogramClearAndRefill);

void BM_HistogramCopy(benchmark::State& state) {
  const Histogram second = OneSecond();
  for (auto _ : state) {
    Histogram copy = second;  // NOLINT(performance-unnecessary-copy-initialization)
    benchmark::DoNotOptimize(copy.count());
  }
}

BENCHMARK(BM_HistogramCopy);

void BM_HistogramEncode(benchmark::State& state) {
  const Histogram second = OneSecond();
  std::size_t bytes = 0;
  for (auto _ : state) {
    bytes = EncodeHistogram(second).size();
    benchmark::DoNotOptimize(bytes);
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}

BENCHMARK(BM_HistogramEncode);

void BM_HistogramDecode(benchmark::State& state) {
  const std::vector<std::uint8_t> bytes = EncodeHistogram(OneSecond());
  for (auto _ : state) {
    benchmark::DoNotOptimize(DecodeHistogram(bytes)->count());
  }
}

BENCHMARK(BM_HistogramDecode);

}  // namespace
}  // namespace weir
