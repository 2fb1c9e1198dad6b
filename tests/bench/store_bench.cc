#include <algorithm>
#include <cmath>
#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/histogram_codec.h"
#include "base/rng.h"
#include "store/history.h"
#include "store/run_writer.h"
#include "tests/store/store_fixture.h"

/// What the history costs. Prints one line per figure; run it on an otherwise idle machine.
namespace weir::store {
namespace {

constexpr std::uint32_t kSteps = 10;
constexpr std::uint64_t kRequestsPerStep = 100;  // 1,000/s in all.

SecondRecord TypicalSecond(std::uint32_t second, Rng& rng) {
  SecondRecord record;
  record.second = second;
  for (std::uint32_t step = 0; step < kSteps; ++step) {
    StepRecord part;
    part.step = step;
    part.counts.planned = kRequestsPerStep;
    part.counts.by_outcome[0] = kRequestsPerStep;
    LatencySet& set = part.latency[Outcome::kCompleted];
    for (std::uint64_t i = 0; i < kRequestsPerStep; ++i) {
      const double service_ns = 5e6 * std::exp(0.5 * rng.Normal());
      const double lag_ns = 2e4 * rng.Exponential();
      set.service.RecordNs(static_cast<std::uint64_t>(service_ns), 1);
      set.send_lag.RecordNs(static_cast<std::uint64_t>(lag_ns), 1);
      set.response.RecordNs(static_cast<std::uint64_t>(service_ns + lag_ns), 1);
    }
    record.steps.push_back(std::move(part));
  }
  return record;
}

weir::Run TypicalRun(std::uint32_t seconds, const SecondRecord& sample) {
  weir::Run run = SampleRun(1);
  run.plan.steps.assign(kSteps, StepName{.flow = "buy", .step = "step"});
  run.duration = run.measured = std::chrono::seconds(seconds);
  run.totals = sample.steps;
  return run;
}

class Stopwatch {
 public:
  double Milliseconds() const { return Seconds(clock_.Now() - start_) * 1e3; }

 private:
  SystemClock clock_;
  Instant start_ = clock_.Now();
};

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void Fail(const char* what) {
  fmt::print(stderr, "store_bench: {} failed\n", what);
  std::exit(1);
}

void BenchOneRun(const std::string& path, std::uint32_t seconds) {
  Rng rng(1);
  const weir::Run run = TypicalRun(seconds, TypicalSecond(0, rng));
  auto writer =
      RunWriter::Begin(path, run.plan, run.started_at, {.batch_every = std::chrono::hours(1)});
  if (!writer) {
    Fail("begin");
  }
  std::vector<double> queue_ms;
  std::vector<double> write_ms;
  for (std::uint32_t second = 0; second < seconds; ++second) {
    const SecondRecord record = TypicalSecond(second, rng);
    const Stopwatch queue;
    (*writer)->OnSecond(record);
    queue_ms.push_back(queue.Milliseconds());
    const Stopwatch write;
    if (!(*writer)->Flush()) {
      Fail("flush");
    }
    write_ms.push_back(write.Milliseconds());
  }
  const Stopwatch finish;
  if (!(*writer)->Finish(run)) {
    Fail("finish");
  }
  fmt::print("queue a second of {} steps      {:8.3f} ms median, {:.3f} max\n", kSteps,
             Median(queue_ms), *std::max_element(queue_ms.begin(), queue_ms.end()));
  fmt::print("write a second of {} steps      {:8.3f} ms median, {:.3f} max\n", kSteps,
             Median(write_ms), *std::max_element(write_ms.begin(), write_ms.end()));
  fmt::print("finish the run                  {:8.3f} ms\n", finish.Milliseconds());
  const auto id = (*writer)->id();
  writer->reset();
  fmt::print("file per minute of a run        {:8.1f} kB\n",
             static_cast<double>(std::filesystem::file_size(path)) / seconds * 60 / 1e3);
  const Stopwatch load;
  auto store = Store::OpenForReading(path);
  if (!store || !(*store)->LoadRun(id)) {
    Fail("load");
  }
  fmt::print("open, load the run from totals  {:8.3f} ms\n", load.Milliseconds());
  const Stopwatch visit;
  if (!(*store)->VisitSeconds(id, [](const SecondPoint&) {})) {
    Fail("visit");
  }
  fmt::print("visit its {} seconds          {:8.1f} ms\n", seconds, visit.Milliseconds());
}

void BenchManyRuns(const std::string& path, int runs) {
  RecordSampleRun(path, 2);
  // One run many times over, without the cost of recording each.
  RunSql(path,
         fmt::format("CREATE TEMP TABLE copy AS SELECT * FROM run; UPDATE copy SET run_id = NULL;"
                     "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
                     "INSERT INTO run SELECT i, c.started_at_ns + i, c.state, c.state_reason,"
                     " c.scenario, c.target, c.build || i, c.branch, c.tag, c.load, c.open_loop,"
                     " c.warm_up_ns, c.planned_duration_ns, c.seed, c.weir_version, c.environment,"
                     " c.scenario_id, c.seconds_merged, c.duration_ns, c.measured_ns, c.planned,"
                     " c.completed, c.failed, c.timed_out, c.dropped, c.unfinished, c.rate_per_s,"
                     " c.response_p50_ns, c.response_p99_ns, c.cpu_s, c.rss_bytes_max"
                     " FROM n, copy c",
                     runs));
  std::vector<double> list_ms;
  std::vector<double> find_ms;
  for (int i = 0; i < 15; ++i) {
    const Stopwatch list;
    auto store = Store::OpenForReading(path);
    if (!store || (*store)->ListRuns()->size() != static_cast<std::size_t>(runs)) {
      Fail("list");
    }
    list_ms.push_back(list.Milliseconds());
    const Stopwatch find;
    if ((*store)->ListRuns({.build = "b777"})->size() != 1) {
      Fail("find");
    }
    find_ms.push_back(find.Milliseconds());
  }
  fmt::print("open, list {} runs           {:8.1f} ms median\n", runs, Median(list_ms));
  fmt::print("find the runs of a build        {:8.1f} ms median\n", Median(find_ms));
}

void BenchCodec() {
  Rng rng(1);
  const Histogram histogram =
      TypicalSecond(0, rng).steps[0].latency.at(Outcome::kCompleted).response;
  constexpr int kRounds = 500;
  const Stopwatch encode;
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < kRounds; ++i) {
    bytes = EncodeHistogram(histogram);
  }
  fmt::print("encode a histogram              {:8.3f} ms, {} bytes\n",
             encode.Milliseconds() / kRounds, bytes.size());
  const Stopwatch decode;
  for (int i = 0; i < kRounds; ++i) {
    if (!DecodeHistogram(bytes)) {
      Fail("decode");
    }
  }
  fmt::print("decode a histogram              {:8.3f} ms\n", decode.Milliseconds() / kRounds);
}

}  // namespace
}  // namespace weir::store

int main() {
  const weir::store::TempDir directory;
  weir::store::BenchCodec();
  weir::store::BenchOneRun(directory.File("one.db"), 3600);
  weir::store::BenchManyRuns(directory.File("many.db"), 10'000);
  return 0;
}
