#include "tests/reports/synthetic_runs.h"

#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "analysis/comparison.h"
#include "base/rng.h"

namespace weir::reports {
namespace {

constexpr WallTime kFirstStart{Nanos(1'795'478'400'000'000'000)};  // 2026-11-24T00:00:00Z

// A log-normal body with a tail that is `slower` as slow, never below 0.2 ms.
std::uint64_t ServiceNs(Rng& rng, double slower) {
  const double body = std::exp(0.35 * rng.Normal());
  const double tail = rng.Uniform() < 0.1 ? (1 + 0.8 * rng.Exponential()) * slower : 1;
  return static_cast<std::uint64_t>(2e5 + 2.4e6 * body * tail);
}

Outcome OutcomeOf(Rng& rng, const SyntheticOptions& options) {
  const double draw = rng.Uniform();
  return draw < options.errors                      ? Outcome::kFailed
         : draw < options.errors + options.timeouts ? Outcome::kTimedOut
                                                    : Outcome::kCompleted;
}

struct Request {
  Outcome outcome;
  std::uint64_t service_ns;
  std::uint64_t wait_ns;  // From due to sent, because the target stalled.
  std::uint64_t send_lag_ns;
};

void Book(StepRecord& record, const Request& request) {
  ++record.counts.planned;
  ++record.counts.by_outcome[static_cast<std::size_t>(request.outcome)];
  record.completed_in_window += request.outcome == Outcome::kCompleted ? 1 : 0;
  if (request.outcome == Outcome::kFailed) {
    ++record.errors[static_cast<std::size_t>(RequestError::kStatus)];
  } else if (request.outcome == Outcome::kTimedOut) {
    ++record.errors[static_cast<std::size_t>(RequestError::kTimeout)];
  }
  LatencySet& set = record.latency[request.outcome];
  set.service.RecordNs(request.service_ns, 1);
  set.response.RecordNs(request.service_ns + request.wait_ns, 1);
  set.send_lag.RecordNs(request.send_lag_ns, 1);
}

RunPlan PlanOf(const SyntheticOptions& options) {
  RunPlan plan;
  plan.scenario = options.scenario;
  plan.scenario_text = "name: " + options.scenario + "\nload: { rate: 400/s, for: 30s }\n";
  plan.target = "http://127.0.0.1:8080";
  plan.build = options.build;
  plan.branch = "main";
  plan.environment = "host=forge kernel=6.1 cpus=2 governor=performance";
  plan.seed = options.seed;
  plan.weir_version = "0.1.0";
  plan.load = fmt::format("{:.0f}/s uniform for {} s", options.rate_per_s, options.seconds);
  plan.warm_up = std::chrono::seconds(options.seconds / 5);
  plan.planned_duration = std::chrono::seconds(options.seconds);
  plan.steps = {{"buy", "list"}, {"buy", "cart"}};
  return plan;
}

ThresholdResult Judged(std::string text, double limit, std::optional<double> observed) {
  ThresholdResult result;
  result.threshold.text = std::move(text);
  result.threshold.limit = limit;
  result.observed = observed;
  if (!observed) {
    result.reason = "p99.99 needs 36,888 requests; the run has fewer.";
    return result;
  }
  result.state = *observed < limit ? ThresholdResult::State::kPass : ThresholdResult::State::kFail;
  return result;
}

void Judge(Run& run) {
  const StepRecord total = run.Total(Phase::kMeasure);
  const LatencyView view = MergedLatency(total, LatencyKind::kResponse);
  run.thresholds.push_back(
      Judged("p(95) < 20ms", 20e6, static_cast<double>(view.histogram.QuantileNs(0.95))));
  run.thresholds.push_back(Judged("error_rate < 1%", 0.01, total.counts.ErrorRatio()));
  run.thresholds.back().threshold.metric = Threshold::Metric::kErrorRate;
  run.thresholds.push_back(Judged("p(99.99) < 1s", 1e9, std::nullopt));
}

Request Draw(Rng& rng, const SyntheticOptions& options, double at_s) {
  Request request{};
  request.outcome = OutcomeOf(rng, options);
  request.service_ns =
      request.outcome == Outcome::kTimedOut ? 250'000'000 : ServiceNs(rng, options.slower);
  const double stall_from = options.seconds * 0.6;
  if (options.stall && at_s >= stall_from && at_s < stall_from + 0.5) {
    request.wait_ns = static_cast<std::uint64_t>((stall_from + 0.5 - at_s) * 1e9);
  }
  request.send_lag_ns = static_cast<std::uint64_t>(2e4 + 1.5e4 * rng.Exponential());
  return request;
}

// What a page tells of a second beside its response times.
void AddDetails(const StepRecord& record, std::uint32_t second, RunDetails& details) {
  for (std::size_t i = 0; i < kRequestErrorCount; ++i) {
    if (record.errors[i] > 0) {
      details.errors[static_cast<RequestError>(i)].push_back({second, record.errors[i]});
    }
  }
  for (const auto& [outcome, set] : record.latency) {
    details.send_lag_max_ns.push_back({second, set.send_lag.max_ns()});
  }
}

}  // namespace

RunPage SyntheticRun(const SyntheticOptions& options) {
  Rng rng(options.seed);
  RunPage page;
  Run& run = page.run;
  run.id = options.id;
  run.plan = PlanOf(options);
  run.state = RunState::kComplete;
  run.started_at = kFirstStart + std::chrono::minutes(options.id * 10);
  run.duration = run.plan.planned_duration;
  run.measured = run.duration - run.plan.warm_up;
  const auto per_second = static_cast<int>(options.rate_per_s);
  std::vector<StepRecord> sums(4);  // By step, then phase.
  for (std::uint32_t i = 0; i < 4; ++i) {
    sums[i].step = i / 2;
    sums[i].phase = i % 2 == 0 ? Phase::kWarmUp : Phase::kMeasure;
  }
  StepLineMaker lines(2, options.seconds);
  for (std::uint32_t second = 0; second < options.seconds; ++second) {
    SecondPoint point;
    point.second = second;
    point.phase = second < options.seconds / 5 ? Phase::kWarmUp : Phase::kMeasure;
    for (std::uint32_t step = 0; step < 2; ++step) {
      StepRecord record;
      record.step = step;
      for (int i = 0; i < per_second / 2; ++i) {
        const Request request = Draw(rng, options, second + (2.0 * i + step) / per_second);
        Book(record, request);
        point.response.RecordNs(request.service_ns + request.wait_ns, 1);
      }
      point.counts += record.counts;
      sums[step * 2 + static_cast<std::uint32_t>(point.phase)].Merge(record);
      lines.Add(second, record);
      AddDetails(record, second, page.details);
    }
    page.seconds.push_back(std::move(point));
    page.resources.push_back({.second = second,
                              .cpu_s = 0.02 * second,
                              .rss_bytes = 18'000'000 + 1'000 * second,
                              .in_flight = second % 4,
                              .connections = 8});
    page.target.push_back({.second = second,
                           .values = {{"process_cpu_s", 0.5 * second},
                                      {"process_memory_bytes", 6e7 + 1e5 * second}}});
  }
  page.details.step_lines = lines.Finish();
  run.totals = std::move(sums);
  run.cpu_s = 1.75;
  run.rss_bytes_max = 18'400'000;
  Judge(run);
  return page;
}

namespace {

GateCheck Check(std::string metric, std::string unit, double baseline, double candidate) {
  GateCheck check;
  check.metric = std::move(metric);
  check.unit = std::move(unit);
  check.baseline = baseline;
  check.candidate = candidate;
  check.change_ratio = check.unit == "ratio" ? candidate - baseline : candidate / baseline - 1;
  check.verdict = Verdict::kPass;
  check.tolerance = 0.05;
  check.p_value = 0.41;
  return check;
}

GateResult SlowVerdict() {
  GateResult result;
  result.verdict = Verdict::kFail;
  result.reason =
      "Response time p99 of build:b2 is 21.4 % above the baseline (90 % interval 17.9 to 25.2 %), "
      "more than the 5 % that are tolerated.";
  result.candidate = "build:b2";
  result.baseline = "build:b1";
  result.candidate_runs = {2, 4, 6, 8, 10};
  result.baseline_runs = {1, 3, 5, 7, 9};
  result.design = "interleaved";
  result.checks = {Check("response_time.body", "ns", 2.91e6, 2.93e6),
                   Check("response_time.p99", "ns", 9.81e6, 11.91e6),
                   Check("throughput", "per_s", 399.9, 400),
                   Check("error_rate", "ratio", 0.0008, 0.0011)};
  result.checks[0].interval = Interval{-0.004, 0.017};
  result.checks[0].tolerance = 0.02;
  result.checks[1].interval = Interval{0.179, 0.252};
  result.checks[1].verdict = Verdict::kFail;
  result.checks[1].reason = result.reason;
  result.checks[1].p_value = 0.0001;
  result.checks[2].interval = Interval{-0.001, 0.001};
  result.checks[3].interval = Interval{-0.0004, 0.0011};
  result.checks[3].tolerance = 0.001;
  result.checks[3].verdict = Verdict::kInconclusive;
  result.checks[3].reason =
      "Errors are too rare in these runs to tell a change of 0.1 percentage points from chance.";
  result.checks[3].runs_needed = 9;
  result.checks[3].detectable = 0.0025;
  result.checks[3].flip = "It passes once the interval ends below +0.10 percentage points.";
  return result;
}

GateResult SameVerdict() {
  GateResult result;
  result.verdict = Verdict::kPass;
  result.reason = "Nothing is worse than the baseline by more than what is tolerated.";
  result.candidate = "run:3";
  result.baseline = "run:1";
  result.candidate_runs = {3};
  result.baseline_runs = {1};
  result.design = "sequential";
  result.checks = {Check("response_time.p99", "ns", 9.79e6, 9.84e6)};
  result.checks[0].interval = Interval{-0.021, 0.031};
  result.warnings = {"One run a side: how much runs differ from each other is not known."};
  return result;
}

// The p99 of all of checkout rose with run 4, or with run 3.
analysis::HistoryChange SyntheticChange() {
  analysis::HistoryChange change;
  change.scenario = "checkout";
  change.load = "400/s uniform for 30 s";
  change.metric = *analysis::ParseRunMetric("response_time.p99");
  change.run = 4;
  change.build = "b2";
  change.low_run = 3;
  change.high_run = 4;
  change.suspects = {"b1", "b2"};
  change.point.before = 8.1e6;
  change.point.after = 10.4e6;
  change.point.change = 2.3e6;
  change.point.change_ratio = 0.284;
  change.point.change_ratio_interval = Interval{0.262, 0.306};
  change.point.confidence = 0.987;
  return change;
}

// Of the p99 of the three runs of checkout after the tenth.
RunForecast SyntheticForecast() {
  RunForecast forecast{
      .scenario = "checkout", .metric = "response_time.p99", .after = 10, .forecast = {}};
  forecast.forecast.mean = {1.05e7, 1.06e7, 1.07e7};
  forecast.forecast.band80 = {{0.98e7, 0.97e7, 0.96e7}, {1.12e7, 1.15e7, 1.18e7}};
  forecast.forecast.band95 = {{0.94e7, 0.92e7, 0.90e7}, {1.17e7, 1.21e7, 1.25e7}};
  return forecast;
}

// The certificate of a run with one fault; the evidence is not what the page is tested with.
Validity DoubtfulValidity(Grade grade, std::string text) {
  Validity validity;
  validity.grade = grade;
  validity.reasons = {
      {grade == Grade::kInvalid ? ValidityCheck::kSaturation : ValidityCheck::kStationarity, grade,
       std::move(text)}};
  for (EvidenceValue& value : validity.evidence) {
    value.unknown_because = "not looked at";
  }
  validity.of(Evidence::kCalibrationP99) = {12'300.0, ""};
  validity.of(Evidence::kCalibrationAge) = {7200.0, ""};
  return validity;
}

// What the runs of both builds of checkout say of each other.
BuildPair SyntheticPair(const std::vector<RunPage>& pages) {
  BuildPair pair;
  std::vector<Run> before;
  std::vector<Run> after;
  for (const RunPage& page : pages) {
    if (page.run.plan.scenario == "checkout") {
      const bool old = page.run.plan.build == "b1";
      (old ? before : after).push_back(page.run);
      (old ? pair.a_runs : pair.b_runs).push_back(page.run.id);
    }
  }
  pair.comparison = analysis::Compare(before, after);
  return pair;
}

// The rows of its pages, once these are as they shall be.
void AddRows(ReportData& data) {
  for (const RunPage& page : data.pages) {
    data.rows.push_back(RunRowOf(page.run));
  }
}

}  // namespace

ReportData SyntheticReport() {
  ReportData data;
  data.title = "checkout, b2 against b1";
  data.generated_at = kFirstStart + std::chrono::hours(4);
  for (RunId id = 1; id <= 10; ++id) {
    SyntheticOptions options;
    options.id = id;
    options.build = id % 2 == 0 ? "b2" : "b1";
    options.seed = static_cast<std::uint64_t>(id);
    options.slower = id % 2 == 0 ? 1.3 : 1;
    options.errors = 0.001;
    data.pages.push_back(SyntheticRun(options));
  }
  for (RunId id = 11; id <= 16; ++id) {
    SyntheticOptions options{.id = id, .scenario = "search", .rate_per_s = 120};
    options.build = fmt::format("4f2c9{}e", id);
    options.seed = static_cast<std::uint64_t>(id);
    options.stall = id == 14;
    options.timeouts = id == 15 ? 0.02 : 0;
    options.slower = 1 + 0.05 * static_cast<double>(id - 11);
    data.pages.push_back(SyntheticRun(options));
  }
  const auto run_of = [&data](std::size_t id) -> Run& { return data.pages[id - 1].run; };
  run_of(12).validity = DoubtfulValidity(
      Grade::kSuspect,
      "the latency did not stand still: the typical one changed by +23.0 % from the first measured "
      "second to the last (limit 10 %, p 1e-05); measure longer or look for what grows in the "
      "target");
  run_of(13).validity = DoubtfulValidity(
      Grade::kInvalid,
      "the generator was saturated: 12 % of the planned requests were not sent while the load "
      "lasted (limit 5 %); its busiest thread was busy 99 % of the time; use more threads "
      "(--threads 2) or a lower rate");
  for (const std::size_t moved : {15U, 16U}) {
    run_of(moved).plan.environment = "host=anvil kernel=6.1 cpus=4 governor=performance";
  }
  data.pages.back().run.state = RunState::kInterrupted;
  data.pages.back().run.state_reason = "Stopped by the user after 30 s.";
  AddRows(data);
  data.pairs = {SyntheticPair(data.pages)};
  data.verdicts = {SlowVerdict(), SameVerdict()};
  data.stamps = {{data.generated_at, std::string(64, 'a')}};
  data.changes.changes = {SyntheticChange(), SyntheticChange()};
  data.changes.changes[1].step = "list";
  data.triage = {TriageMark{data.generated_at, "acknowledged", "ops", "index missing, ticket 812"}};
  data.deploys = {{data.rows[3].started_at - std::chrono::seconds(5), "shop", "b2", "Succeeded"},
                  {data.rows[0].started_at - std::chrono::seconds(5), "shop", "b1", "Progressing"}};
  data.forecasts = {SyntheticForecast()};
  return data;
}

ReportData HostileReport() {
  ReportData data;
  const std::string script = "<script>alert(1)</script>";
  const std::string closing = "</script><img src=x onerror=alert(2)><!--";
  const std::string turned = "\u202Edekcah\u202C \u05d0\u05d1\u05d2";
  data.title = script + " \"quoted\" & 'single'";
  const std::vector<std::string> names = {script,
                                          closing,
                                          turned,
                                          std::string("nul\0byte", 8),
                                          "broken \xff\xc3 utf-8",
                                          std::string(10'000, 'W')};
  for (std::size_t i = 0; i < names.size(); ++i) {
    SyntheticOptions options;
    options.id = static_cast<RunId>(i + 1);
    options.scenario = names[i];
    options.build = names[(i + 1) % names.size()];
    options.seconds = 5;
    RunPage page = SyntheticRun(options);
    page.run.plan.target = closing;
    page.run.plan.load = script;
    page.run.plan.scenario_text = closing + names[i];
    page.run.plan.steps[0].step = names[i];
    page.run.plan.steps[1].flow = closing;
    page.run.state_reason = closing;
    page.run.validity = DoubtfulValidity(Grade::kInvalid, closing);
    page.run.thresholds[0].threshold.text = script;
    page.target[0].values[0].name = closing;
    data.pages.push_back(std::move(page));
  }
  AddRows(data);
  GateResult verdict = SlowVerdict();
  verdict.reason = closing;
  verdict.candidate = script;
  verdict.checks[0].metric = closing;
  verdict.checks[1].step = script;
  verdict.warnings = {closing};
  data.deploys = {{data.rows[0].started_at, script, data.rows[0].build, closing}};
  data.verdicts = {verdict};
  data.changes.changes = {SyntheticChange()};
  data.changes.changes[0].scenario = data.rows[0].scenario;
  data.triage = {TriageMark{data.generated_at, "expected", closing, script}};
  return data;
}

}  // namespace weir::reports
