// Finished runs as a source of rules.

#include "monitor/sources/history_source.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/rng.h"
#include "monitor/live_monitor.h"
#include "monitor/replay.h"
#include "tests/monitor/short_run.h"
#include "tests/support/temp_dir.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;
using tests::RecordShortRun;

constexpr WallTime kStart{1'700'000'000s};

const Sample* Find(const std::vector<Sample>& samples, const std::string& metric,
                   const Labels& labels) {
  const auto found = std::find_if(samples.begin(), samples.end(), [&](const Sample& sample) {
    return sample.series->metric == metric && sample.series->labels == labels;
  });
  return found == samples.end() ? nullptr : &*found;
}

// The 90th percentile of all steps, and whether it was told before: "20 ms", "20 ms again".
std::string P90(const std::vector<Sample>& samples, const std::string& scenario) {
  const Sample* found = Find(samples, "weir_run_response_seconds",
                             {{"scenario", scenario}, {"step", "all"}, {"quantile", "0.9"}});
  return found == nullptr ? "none"
                          : std::to_string(static_cast<int>(found->value * 1000 + 0.5)) + " ms" +
                                (found->repeated ? " again" : "");
}

class HistorySourceTest : public testing::Test {
 protected:
  Reading Look() {
    auto reading = source_.Read();
    EXPECT_TRUE(reading) << reading.error().message;
    return reading ? std::move(*reading) : Reading();
  }

  void Record(const std::string& scenario, Nanos latency) {
    RecordShortRun(path_, scenario, kStart + 1min * runs_++, latency);
  }

  tests::TempDir directory_;
  std::string path_ = directory_.File("weir.db");
  HistorySource source_{path_};
  int runs_ = 0;
};

TEST_F(HistorySourceTest, BringsTheNewestRunOfEachScenarioAndThoseBeforeAsItsPast) {
  Record("checkout", 10ms);
  Record("checkout", 20ms);
  Record("cart", 5ms);
  store::RecordKilledRun(path_, 1);
  const Reading reading = Look();
  EXPECT_EQ(P90(reading.samples, "checkout"), "20 ms");
  EXPECT_EQ(P90(reading.samples, "cart"), "5 ms");
  ASSERT_EQ(reading.past.size(), 1U);
  EXPECT_EQ(reading.past[0].at, kStart + 10s);
  EXPECT_EQ(P90(*reading.past[0].samples, "checkout"), "10 ms");
  const Labels of_step = {{"scenario", "cart"}, {"step", "order"}};
  ASSERT_NE(Find(reading.samples, "weir_run_requests_per_second", of_step), nullptr);
  EXPECT_EQ(Find(reading.samples, "weir_run_requests_per_second", of_step)->value, 10);
  ASSERT_NE(Find(reading.samples, "weir_run_error_ratio", of_step), nullptr);
  EXPECT_EQ(Find(reading.samples, "weir_run_error_ratio", of_step)->value, 0);
  EXPECT_EQ(Find(reading.samples, "weir_run_requests_total", of_step)->value, 100);
  EXPECT_TRUE(reading.ledger.Balanced());
}

TEST_F(HistorySourceTest, ARunIsNewOnce) {
  Record("checkout", 10ms);
  Record("cart", 5ms);
  Look();
  EXPECT_TRUE(Look().unchanged);
  Record("checkout", 30ms);
  const Reading reading = Look();
  EXPECT_FALSE(reading.unchanged);
  EXPECT_EQ(P90(reading.samples, "checkout"), "30 ms");
  EXPECT_EQ(P90(reading.samples, "cart"), "5 ms again");
  EXPECT_TRUE(Look().unchanged);
}

TEST_F(HistorySourceTest, RunsThatFinishTogetherAreToldOneAfterTheOther) {
  Record("checkout", 1ms);
  Look();
  Record("checkout", 10ms);
  Record("cart", 5ms);
  Record("checkout", 20ms);
  const Reading first = Look();
  EXPECT_EQ(P90(first.samples, "checkout"), "10 ms");
  EXPECT_EQ(P90(first.samples, "cart"), "5 ms");
  const Reading second = Look();
  EXPECT_EQ(P90(second.samples, "checkout"), "20 ms");
  EXPECT_EQ(P90(second.samples, "cart"), "5 ms again");
  EXPECT_TRUE(Look().unchanged);
}

TEST_F(HistorySourceTest, AHistoryThatIsNotThereIsTroubleUntilItIs) {
  EXPECT_FALSE(source_.Read());
  Record("checkout", 10ms);
  EXPECT_EQ(P90(Look().samples, "checkout"), "10 ms");
}

// Of one series of runs; a look at the newest.
class RunRule {
 public:
  explicit RunRule(AlertRule rule) : engine_({std::move(rule)}) {}

  void Past(double value) {
    past_.push_back(std::make_shared<const std::vector<Sample>>(1, Of(value)));
  }

  void Step(double value, bool repeated) {
    Reading reading;
    reading.samples = {Of(value)};
    reading.samples[0].repeated = repeated;
    WallTime at = kStart - 1h * static_cast<int>(past_.size());
    for (const auto& samples : past_) {
      reading.past.push_back({at, samples});
      at += 1h;
    }
    const SourceView view{.reading = &reading, .at = kStart + 1min * ++looks_, .stale = false};
    engine_.Evaluate(view.at, {&view, 1});
  }

  bool Fires() const { return !engine_.Firing().empty(); }

 private:
  Sample Of(double value) const { return {name_, value}; }

  std::shared_ptr<const SeriesName> name_ =
      std::make_shared<const SeriesName>(SeriesName{"p90", {}});
  RuleEngine engine_;
  std::vector<std::shared_ptr<const std::vector<Sample>>> past_;
  int looks_ = 0;
};

TEST(RunRuleTest, AnAnomalyIsFoundInTheRunsThatComeByThoseBeforeTheStart) {
  AlertRule rule;
  rule.name = "Odd";
  rule.metric = "p90";
  rule.engine = AnomalySpec{.every = 100ms, .period = 0ns};
  RunRule odd(rule);
  Rng rng(5);
  for (int i = 0; i < 280; ++i) {
    odd.Past(100 + 5 * rng.Normal());
  }
  odd.Step(100, false);
  ASSERT_FALSE(odd.Fires());
  odd.Step(200, false);
  // The same run, looked at again, is no further value.
  for (int i = 0; i < 10; ++i) {
    odd.Step(200, true);
  }
  EXPECT_FALSE(odd.Fires());
  odd.Step(200, false);
  odd.Step(200, false);
  EXPECT_TRUE(odd.Fires());
}

TEST(RunRuleTest, AThresholdHoldsAsLongAsTheRunIsTheNewest) {
  AlertRule rule;
  rule.name = "Slow";
  rule.metric = "p90";
  rule.threshold = {.side = BadSide::kAbove, .level = 150, .clear_level = {}};
  RunRule slow(rule);
  slow.Step(200, false);
  EXPECT_TRUE(slow.Fires());
  slow.Step(200, true);
  EXPECT_TRUE(slow.Fires());
  slow.Step(100, false);
  EXPECT_FALSE(slow.Fires());
}

constexpr const char* kConfig = R"(
evaluate_every: 100ms
sources: [ { name: runs, history: true, interval: 100ms } ]
rules:
  - { alert: SlowRun, source: runs, metric: weir_run_response_seconds,
      match: [ 'step="all"', 'quantile="0.9"' ], above: 0.05 }
  - { alert: Fails, gate: true }
channels: [ { name: log, file: log } ]
)";

TEST(HistoryMonitorTest, ARunThatFinishesIsJudged) {
  const tests::TempDir directory;
  const std::string path = directory.File("weir.db");
  RecordShortRun(path, "checkout", kStart, 10ms);
  Result<MonitorConfig> config = ReadMonitorConfigFile(directory.Write("m.yaml", kConfig));
  ASSERT_TRUE(config) << config.error().message;
  const SystemClock clock;
  auto live = LiveMonitor::Start(std::move(*config), path,
                                 {.clock = clock, .log = [](std::string_view) {}});
  ASSERT_TRUE(live) << live.error().message;
  const auto fires = [&](std::uint64_t alerts) {
    for (const Instant end = clock.Now() + 20s; clock.Now() < end;) {
      (*live)->AwaitEvaluation((*live)->Evaluations(), 1s);
      if (const MonitorReport report = (*live)->Report();
          report.firing == alerts && report.sources[0].status.last_good != nullptr) {
        return true;
      }
    }
    return false;
  };
  EXPECT_TRUE(fires(0));
  RecordShortRun(path, "checkout", kStart + 1h, 80ms);
  EXPECT_TRUE(fires(1));
  RecordShortRun(path, "checkout", kStart + 2h, 10ms);
  EXPECT_TRUE(fires(0));
}

TEST(HistoryReplayTest, AHistorySaysTheSameTwiceAndWhatItsRunsAndVerdictsMake) {
  const tests::TempDir directory;
  const std::string path = directory.File("weir.db");
  RecordShortRun(path, "checkout", kStart, 10ms);
  const RunId slow = RecordShortRun(path, "checkout", kStart + 60s, 80ms);
  RecordShortRun(path, "checkout", kStart + 120s, 10ms);
  GateResult verdict = store::SampleVerdict();
  verdict.candidate_runs = {slow};
  ASSERT_TRUE((*store::Store::OpenForWriting(path))->AppendVerdict(verdict, kStart + 80s));
  const auto config = ReadMonitorConfig(kConfig, "m.yaml", {});
  ASSERT_TRUE(config) << config.error().message;
  std::string said[2];
  for (std::string& text : said) {
    const auto totals = Replay(*config, path, [&text](const ReplayStep& step) {
      for (const AlertInstance& alert : step.alerts) {
        text += std::to_string(CountNs(step.at - kStart) / 1'000'000'000) + " " +
                std::string(LabelValue(alert.labels, "alertname")) + " " +
                std::string(AlertPhaseName(alert.state.phase)) + "\n" +
                std::string(LabelValue(alert.annotations, "summary")) + "\n";
      }
      for (const store::OutboxMessage& message : step.messages) {
        text += message.event_id + message.payload + "\n";
      }
    });
    ASSERT_TRUE(totals) << totals.error().message;
    EXPECT_EQ(totals->fired, 2U);
    EXPECT_EQ(totals->resolved, 1U);
  }
  EXPECT_EQ(said[0], said[1]);
  EXPECT_TRUE(said[0].starts_with("70 SlowRun firing\n")) << said[0];
  EXPECT_NE(said[0].find("\n80 Fails firing\n"), std::string::npos) << said[0];
  EXPECT_NE(said[0].find("\n130 SlowRun inactive\n"), std::string::npos) << said[0];
  EXPECT_NE(said[0].find(verdict.reason), std::string::npos);
}

}  // namespace
}  // namespace weir::monitor
