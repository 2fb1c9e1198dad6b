#include <algorithm>
#include <utility>

#include "base/wall_time.h"
#include "imports/gbench_report.h"
#include "imports/internal/draft.h"

/// Google Benchmark --benchmark_format=json. Each repetition of a benchmark is a run of scenario
/// "google-benchmark:NAME". Its time is a mean over iterations, not a distribution: it is kept as
/// the recorded metric summary.response_time.mean, beside cpu_time_ns and the user's counters.
/// Aggregates (mean, median, stddev) are left out: they would count the same repetitions twice.
namespace weir::imports::internal {
namespace {

Run RunOf(const ImportSource& source, const GbenchRepetition& repetition, WallTime at) {
  Draft draft(source, "google-benchmark", repetition.benchmark);
  AddCounts(*draft.Step("iteration"), repetition.failed ? Outcome::kFailed : Outcome::kCompleted,
            repetition.iterations);
  if (!repetition.failed) {
    draft.Summary("response_time.mean", repetition.real_time_ns);
  }
  if (repetition.cpu_time_ns) {
    draft.Metric("cpu_time_ns", *repetition.cpu_time_ns);
  }
  for (const auto& [name, value] : repetition.counters) {
    draft.Metric(name, value);
  }
  constexpr double kLongest_s = 1e6;
  const double seconds = repetition.real_time_ns * static_cast<double>(repetition.iterations) / 1e9;
  return draft.Finish(at, FromSeconds(std::min(seconds, kLongest_s)));
}

}  // namespace

Result<std::vector<Run>> ReadGoogleBenchmark(const ImportSource& source) {
  const Result<GbenchReport> report = ReadGbenchReport(source);
  if (!report) {
    return tl::unexpected(report.error());
  }
  const Result<WallTime> date = ParseWallTime(report->date);
  WallTime at = date ? *date : source.file_time;
  std::vector<Run> runs;
  for (const GbenchRepetition& repetition : report->repetitions) {
    Run run = RunOf(source, repetition, at);
    at += run.duration;
    runs.push_back(std::move(run));
  }
  return runs;
}

}  // namespace weir::imports::internal
