#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "base/wall_time.h"
#include "imports/internal/draft.h"

/// Google Benchmark --benchmark_format=json. Each repetition of a benchmark is a run of scenario
/// "google-benchmark:NAME". Its time is a mean over iterations, not a distribution: it is kept as
/// the recorded metric summary.response_time.mean, beside cpu_time_ns and the user's counters.
/// Aggregates (mean, median, stddev) are left out: they would count the same repetitions twice.
namespace weir::imports::internal {
namespace {

constexpr std::string_view kShape =
    R"(--benchmark_format=json writes {"context": {...}, "benchmarks": [{"name": ..., )"
    R"("real_time": ..., "time_unit": "ns"}]})";

std::optional<double> NsPer(const std::string& unit) {
  const std::map<std::string, double> units = {
      {"", 1}, {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
  const auto found = units.find(unit);
  return found == units.end() ? std::nullopt : std::optional(found->second);
}

// What the format itself writes; any other number is a counter of the user.
bool IsOwnField(const std::string& key) {
  static constexpr std::string_view kFields[] = {"family_index", "per_family_instance_index",
                                                 "repetitions",  "repetition_index",
                                                 "threads",      "iterations",
                                                 "real_time",    "cpu_time"};
  return std::find(std::begin(kFields), std::end(kFields), key) != std::end(kFields);
}

Result<Run> RunOf(const ImportSource& source, const nlohmann::json& benchmark, std::size_t place,
                  WallTime at) {
  const std::string run_name = TextAt(benchmark, "run_name");
  const std::string name = run_name.empty() ? TextAt(benchmark, "name") : run_name;
  const std::optional<double> time = NumberAt(benchmark, "real_time");
  const std::optional<double> scale = NsPer(TextAt(benchmark, "time_unit"));
  if (name.empty() || !time || *time < 0 || !scale) {
    return Wrong(source, 0,
                 fmt::format("benchmark {} has no name, no real_time, or a time_unit that is not "
                             "ns, us, ms or s",
                             place + 1),
                 kShape);
  }
  Draft draft(source, "google-benchmark", name);
  const std::uint64_t iterations = CountAt(benchmark, "iterations").value_or(1);
  const bool failed = benchmark.value("error_occurred", nlohmann::json()) == true;
  AddCounts(*draft.Step("iteration"), failed ? Outcome::kFailed : Outcome::kCompleted,
            std::max<std::uint64_t>(iterations, 1));
  if (!failed) {
    draft.Summary("response_time.mean", *time * *scale);
  }
  if (const auto cpu = NumberAt(benchmark, "cpu_time")) {
    draft.Metric("cpu_time_ns", *cpu * *scale);
  }
  for (const auto& [key, value] : benchmark.items()) {
    if (value.is_number() && !IsOwnField(key)) {
      draft.Metric(key, value.get<double>());
    }
  }
  const double seconds = std::min(*time * *scale * static_cast<double>(iterations) / 1e9, 1e6);
  return draft.Finish(at, FromSeconds(seconds));
}

}  // namespace

Result<std::vector<Run>> ReadGoogleBenchmark(const ImportSource& source) {
  const Result<nlohmann::json> document = ParseJson(source, kShape);
  if (!document) {
    return tl::unexpected(document.error());
  }
  const nlohmann::json benchmarks =
      document->is_object() ? document->value("benchmarks", nlohmann::json()) : nlohmann::json();
  if (!benchmarks.is_array()) {
    return Wrong(source, 0, "it has no list 'benchmarks'", kShape);
  }
  const nlohmann::json context = document->value("context", nlohmann::json());
  const Result<WallTime> date = ParseWallTime(TextAt(context, "date"));
  WallTime at = date ? *date : source.file_time;
  std::vector<Run> runs;
  for (std::size_t i = 0; i < benchmarks.size(); ++i) {
    if (TextAt(benchmarks[i], "run_type") == "aggregate") {
      continue;
    }
    if (runs.size() >= kImportedRunsMax) {
      return Wrong(source, 0, fmt::format("it has more than {} benchmarks", kImportedRunsMax),
                   "import fewer at a time");
    }
    Result<Run> run = RunOf(source, benchmarks[i], i, at);
    if (!run) {
      return tl::unexpected(run.error());
    }
    at += run->duration;
    runs.push_back(std::move(*run));
  }
  return runs;
}

}  // namespace weir::imports::internal
