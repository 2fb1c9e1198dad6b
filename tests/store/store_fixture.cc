#include "tests/store/store_fixture.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <fmt/format.h>
#include <sqlite3.h>

namespace weir::store {

// In memory where that is to be had: real syncs would be all that these tests wait for, and what
// they prove about syncs they prove with FaultVfs.
TempDir::TempDir() {
  std::error_code error;
  const bool memory = std::filesystem::is_directory("/dev/shm", error);
  const auto parent =
      memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
  std::string pattern = (parent / "weir-store-XXXXXX").string();
  path_ = mkdtemp(pattern.data());
  // For a test's child that gives up root's rights.
  std::filesystem::permissions(path_, std::filesystem::perms(0755));
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

RunPlan SamplePlan() {
  RunPlan plan;
  plan.scenario = "checkout";
  plan.scenario_text = "name: checkout\n# \xc3\xbc\n";
  plan.scenario_sha256 = std::string(64, 'a');
  plan.target = "http://localhost:8080";
  plan.build = "b7";
  plan.branch = "main";
  plan.tag = "nightly";
  plan.environment = "host=box kernel=6.1 cpus=2";
  plan.seed = 0xfedcba9876543210;
  plan.weir_version = "0.1.0";
  plan.load = "500/s uniform for 3 s";
  plan.warm_up = std::chrono::seconds(1);
  plan.planned_duration = std::chrono::seconds(3);
  plan.steps = {{.flow = "buy", .step = "list"},
                {.flow = "buy", .step = "order", .tags = {{"kind", "api"}, {"team", "shop"}}}};
  plan.thresholds = {{.text = "p(95) < 200ms",
                      .step = "",
                      .metric = Threshold::Metric::kQuantile,
                      .quantile = 0.95,
                      .op = Threshold::Op::kLess,
                      .limit = 2e8},
                     {.text = "order: error_rate <= 1%",
                      .step = "order",
                      .metric = Threshold::Metric::kErrorRate,
                      .quantile = 0,
                      .op = Threshold::Op::kLessEqual,
                      .limit = 0.01,
                      .window = std::chrono::seconds(10),
                      .abort_after = std::chrono::seconds(30)}};
  return plan;
}

SecondRecord SampleSecond(std::uint32_t second) {
  SecondRecord record;
  record.second = second;
  for (std::uint32_t step = 0; step < 2; ++step) {
    StepRecord part;
    part.step = step;
    part.phase = second == 0 ? Phase::kWarmUp : Phase::kMeasure;
    part.counts.planned = 7;
    part.counts.by_outcome = {3, 1, 1, 1, 1};
    part.errors[static_cast<std::size_t>(RequestError::kStatus)] = 1;
    part.errors[static_cast<std::size_t>(RequestError::kTimeout)] = 1;
    part.completed_in_window = 2;
    part.bytes_received = 1000 + second;
    part.bytes_sent = 100 + step;
    for (std::uint64_t i = 0; i < 3; ++i) {
      const std::uint64_t ns = 1'234'567 * (i + 1) + 1001 * second + step;
      part.latency[Outcome::kCompleted].response.RecordNs(ns, 1);
      part.latency[Outcome::kCompleted].service.RecordNs(ns - 5, 1);
      part.latency[Outcome::kCompleted].send_lag.RecordNs(i * 333, 1);
    }
    part.latency[Outcome::kTimedOut].response.RecordNs(5'000'000'123 + second, 1);
    part.parts[LatencyPart::kSend].RecordNs(20'001 + second, 3);
    part.parts[LatencyPart::kFirstByte].RecordNs(1'000'000 + step, 3);
    part.usage[UsageMetric::kUserTime].RecordNs(3'000'017 + second, 2);
    part.usage[UsageMetric::kBranchMisses].RecordNs(40'000 + step, 2);
    record.steps.push_back(part);
  }
  return record;
}

ResourceSample SampleResources(std::uint32_t second) {
  return {.second = second,
          .cpu_s = 0.25 * (second + 1),
          .rss_bytes = 10'000'000 + second,
          .in_flight = 3,
          .connections = 4};
}

Run SampleRun(std::uint32_t seconds) {
  Run run;
  run.plan = SamplePlan();
  run.state = RunState::kComplete;
  run.started_at = WallTime(std::chrono::seconds(1'700'000'000));
  run.duration = std::chrono::seconds(seconds);
  run.measured = std::chrono::seconds(seconds) - run.plan.warm_up;
  std::map<std::pair<Phase, std::uint32_t>, StepRecord> totals;
  for (std::uint32_t second = 0; second < seconds; ++second) {
    for (const StepRecord& record : SampleSecond(second).steps) {
      StepRecord& total = totals[{record.phase, record.step}];
      total.phase = record.phase;
      total.step = record.step;
      total.Merge(record);
    }
  }
  for (const auto& [key, total] : totals) {
    run.totals.push_back(total);
  }
  run.cpu_s = SampleResources(seconds - 1).cpu_s;
  run.rss_bytes_max = SampleResources(seconds - 1).rss_bytes;
  run.thresholds = {{.threshold = run.plan.thresholds[0],
                     .state = ThresholdResult::State::kFail,
                     .observed = 5e9,
                     .reason = ""},
                    {.threshold = run.plan.thresholds[1],
                     .state = ThresholdResult::State::kUnknown,
                     .observed = std::nullopt,
                     .reason = "no requests"}};
  run.measurements = {{.step = 0, .name = "cpu_time", .unit = "ns", .values = {12.5, 11.75, 13}},
                      {.step = 0, .name = "real_time", .unit = "ns", .values = {12.5}},
                      {.step = 1, .name = "real_time", .unit = "ns", .values = {1e9, -0.5}}};
  run.unknown_usage = {{UsageMetric::kPeakMemory, "too small"}, {UsageMetric::kCycles, "hidden"}};
  return run;
}

RunId RecordSampleRun(const std::string& path, std::uint32_t seconds, const RunPlan& plan) {
  const Run run = SampleRun(seconds);
  auto writer = RunWriter::Begin(path, plan, run.started_at, kTestOptions);
  EXPECT_TRUE(writer) << writer.error().message;
  if (!writer) {
    return 0;
  }
  for (std::uint32_t second = 0; second < seconds; ++second) {
    (*writer)->OnSecond(SampleSecond(second));
    (*writer)->OnResources(SampleResources(second));
    const Status flushed = (*writer)->Flush();
    EXPECT_TRUE(flushed) << flushed.error().message;
  }
  const Status finished = (*writer)->Finish(run);
  EXPECT_TRUE(finished) << finished.error().message;
  return (*writer)->id();
}

RunId RecordKilledRun(const std::string& path, std::uint32_t seconds) {
  auto writer = RunWriter::Begin(path, SamplePlan(), SampleRun(1).started_at, kTestOptions);
  EXPECT_TRUE(writer) << writer.error().message;
  if (!writer) {
    return 0;
  }
  for (std::uint32_t second = 0; second < seconds; ++second) {
    (*writer)->OnSecond(SampleSecond(second));
    (*writer)->OnResources(SampleResources(second));
  }
  return (*writer)->id();
}

GateResult SampleVerdict() {
  GateResult result;
  result.verdict = Verdict::kFail;
  result.reason = "p99 of order is 21 % slower";
  result.candidate = "build:b7";
  result.baseline = "branch:main last:10";
  result.candidate_runs = {4, 2};
  result.baseline_runs = {1, 3, 5};
  result.design = "interleaved";
  GateCheck known;
  known.metric = "response_time.p99";
  known.step = "order";
  known.unit = "ns";
  known.baseline = 1e6;
  known.candidate = 1.21e6;
  known.change_ratio = 0.21;
  known.interval = Interval{.low = 0.1, .high = 0.3};
  known.tolerance = 0.05;
  known.p_value = 0.001;
  known.detectable = 0.04;
  known.verdict = Verdict::kFail;
  known.reason = "slower";
  known.alpha = 0.03;
  known.flip = "it would be no fail at a tolerance above 42 %";
  known.weight = 2;
  known.key = true;
  known.waiver = "shop until 2030-01-31T00:00:00Z: known";
  GateCheck unknown;
  unknown.metric = "error_rate";
  unknown.unit = "ratio";
  unknown.reason = "too few runs";
  unknown.runs_needed = 5;
  unknown.demand = "< 1%";
  result.checks = {known, unknown};
  result.score = Interval{.low = 0.25, .high = 0.5};
  result.action = GateAction::kConfirm;
  result.action_reason = "3 fresh runs must fail again";
  result.warnings = {"runs do not alternate", ""};
  return result;
}

namespace {

void ExpectSameHistogram(const Histogram& actual, const Histogram& expected) {
  EXPECT_TRUE(actual == expected);
  EXPECT_EQ(actual.sum_ns(), expected.sum_ns());
  if (actual.empty() || expected.empty()) {
    return;
  }
  EXPECT_EQ(actual.min_ns(), expected.min_ns());
  EXPECT_EQ(actual.max_ns(), expected.max_ns());
}

void ExpectSameThreshold(const Threshold& actual, const Threshold& expected) {
  EXPECT_EQ(actual.text, expected.text);
  EXPECT_EQ(actual.step, expected.step);
  EXPECT_EQ(actual.metric, expected.metric);
  EXPECT_EQ(actual.quantile, expected.quantile);
  EXPECT_EQ(actual.op, expected.op);
  EXPECT_EQ(actual.limit, expected.limit);
  EXPECT_EQ(actual.tags, expected.tags);
  EXPECT_EQ(actual.latency, expected.latency);
  EXPECT_EQ(actual.name, expected.name);
  EXPECT_EQ(actual.window, expected.window);
  EXPECT_EQ(actual.abort_after, expected.abort_after);
}

void ExpectSamePlan(const RunPlan& actual, const RunPlan& expected) {
  EXPECT_EQ(actual.scenario, expected.scenario);
  EXPECT_EQ(actual.scenario_text, expected.scenario_text);
  EXPECT_EQ(actual.scenario_sha256, expected.scenario_sha256);
  EXPECT_EQ(actual.target, expected.target);
  EXPECT_EQ(actual.build, expected.build);
  EXPECT_EQ(actual.branch, expected.branch);
  EXPECT_EQ(actual.tag, expected.tag);
  EXPECT_EQ(actual.environment, expected.environment);
  EXPECT_EQ(actual.seed, expected.seed);
  EXPECT_EQ(actual.weir_version, expected.weir_version);
  EXPECT_EQ(actual.load, expected.load);
  EXPECT_EQ(actual.open_loop, expected.open_loop);
  EXPECT_EQ(actual.warm_up, expected.warm_up);
  EXPECT_EQ(actual.planned_duration, expected.planned_duration);
  EXPECT_EQ(actual.steps, expected.steps);
  ASSERT_EQ(actual.thresholds.size(), expected.thresholds.size());
  for (std::size_t i = 0; i < actual.thresholds.size(); ++i) {
    ExpectSameThreshold(actual.thresholds[i], expected.thresholds[i]);
  }
}

struct CloseDatabase {
  void operator()(sqlite3* handle) const { sqlite3_close(handle); }
};

std::unique_ptr<sqlite3, CloseDatabase> OpenRaw(const std::string& path) {
  sqlite3* handle = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  return std::unique_ptr<sqlite3, CloseDatabase>(handle);
}

}  // namespace

void ExpectSameRecord(const StepRecord& actual, const StepRecord& expected) {
  EXPECT_EQ(actual.step, expected.step);
  EXPECT_EQ(actual.phase, expected.phase);
  EXPECT_EQ(actual.counts, expected.counts);
  EXPECT_EQ(actual.errors, expected.errors);
  EXPECT_EQ(actual.completed_in_window, expected.completed_in_window);
  EXPECT_EQ(actual.bytes_received, expected.bytes_received);
  EXPECT_EQ(actual.bytes_sent, expected.bytes_sent);
  ASSERT_EQ(actual.latency.size(), expected.latency.size());
  for (const auto& [outcome, set] : expected.latency) {
    ASSERT_TRUE(actual.latency.contains(outcome)) << OutcomeName(outcome);
    ExpectSameHistogram(actual.latency.at(outcome).response, set.response);
    ExpectSameHistogram(actual.latency.at(outcome).service, set.service);
    ExpectSameHistogram(actual.latency.at(outcome).send_lag, set.send_lag);
  }
  ASSERT_EQ(actual.parts.size(), expected.parts.size());
  for (const auto& [part, spans] : expected.parts) {
    ASSERT_TRUE(actual.parts.contains(part)) << LatencyPartName(part);
    ExpectSameHistogram(actual.parts.at(part), spans);
  }
  ASSERT_EQ(actual.usage.size(), expected.usage.size());
  for (const auto& [metric, values] : expected.usage) {
    ASSERT_TRUE(actual.usage.contains(metric)) << UsageMetricName(metric);
    ExpectSameHistogram(actual.usage.at(metric), values);
  }
}

void ExpectSameRun(const Run& actual, const Run& expected) {
  ExpectSamePlan(actual.plan, expected.plan);
  EXPECT_EQ(actual.state, expected.state);
  EXPECT_EQ(actual.state_reason, expected.state_reason);
  EXPECT_EQ(actual.started_at, expected.started_at);
  EXPECT_EQ(actual.duration, expected.duration);
  EXPECT_EQ(actual.measured, expected.measured);
  EXPECT_EQ(actual.cpu_s, expected.cpu_s);
  EXPECT_EQ(actual.rss_bytes_max, expected.rss_bytes_max);
  ASSERT_EQ(actual.totals.size(), expected.totals.size());
  for (std::size_t i = 0; i < actual.totals.size(); ++i) {
    ExpectSameRecord(actual.totals[i], expected.totals[i]);
  }
  ASSERT_EQ(actual.thresholds.size(), expected.thresholds.size());
  for (std::size_t i = 0; i < actual.thresholds.size(); ++i) {
    ExpectSameThreshold(actual.thresholds[i].threshold, expected.thresholds[i].threshold);
    EXPECT_EQ(actual.thresholds[i].state, expected.thresholds[i].state);
    EXPECT_EQ(actual.thresholds[i].observed, expected.thresholds[i].observed);
    EXPECT_EQ(actual.thresholds[i].reason, expected.thresholds[i].reason);
  }
  EXPECT_EQ(actual.measurements, expected.measurements);
  EXPECT_EQ(actual.unknown_usage, expected.unknown_usage);
}

std::string TrySql(const std::string& path, const std::string& sql) {
  const auto database = OpenRaw(path);
  const int code = sqlite3_exec(database.get(), sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? "" : sqlite3_errmsg(database.get());
}

void RunSql(const std::string& path, const std::string& sql) {
  EXPECT_EQ(TrySql(path, sql), "");
}

std::string QuerySql(const std::string& path, const std::string& sql) {
  const auto database = OpenRaw(path);
  std::string lines;
  const auto add = [](void* into, int, char** values, char**) {
    *static_cast<std::string*>(into) += fmt::format("{}\n", values[0] ? values[0] : "NULL");
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(database.get(), sql.c_str(), add, &lines, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database.get());
  return lines;
}

std::string IntegrityOf(const std::string& path) {
  return QuerySql(path, "PRAGMA integrity_check; PRAGMA foreign_key_check");
}

}  // namespace weir::store
