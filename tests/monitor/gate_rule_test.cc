// Rules on the verdicts of gates.

#include "monitor/rules/gate_rule.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "monitor/alert_desk.h"
#include "monitor/live_monitor.h"
#include "monitor/rules/rule_words.h"
#include "store/history.h"
#include "tests/store/store_fixture.h"
#include "tests/support/temp_dir.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kStart{1'700'000'000s};

std::string File(const std::string& rule) {
  return "evaluate_every: 100ms\nsources: []\nrules:\n  - " + rule +
         "\nchannels: [ { name: log, file: log } ]\n";
}

MonitorConfig Config(const std::string& rule) {
  Result<MonitorConfig> config = ReadMonitorConfig(File(rule), "m.yaml", {});
  EXPECT_TRUE(config) << config.error().message;
  return std::move(*config);
}

std::string ErrorOf(const std::string& rule) {
  const auto config = ReadMonitorConfig(File(rule), "m.yaml", {});
  return config ? "none" : config.error().message;
}

// A rule on verdicts that a test sets.
class GateRuleTest : public testing::Test {
 protected:
  void Begin(const std::string& rule) {
    config_ = Config(rule);
    desk_ = std::make_unique<AlertDesk>(config_);
  }

  // What fires after an evaluation: `build why`, a line each.
  std::string Step(Nanos at, bool known = true) {
    const Reading own;
    const SourceView view{.reading = &own, .at = kStart + at, .stale = false};
    store::MonitorChange change =
        desk_->Step(kStart + at, {&view, 1}, {.known = known, .verdicts = verdicts_});
    messages_ += change.messages.size();
    for (const store::MonitorStateRow& row : change.rows) {
      stored_.insert_or_assign({row.kind, row.key}, row.value);
    }
    std::string said;
    for (const Labels& labels : desk_->engine().Firing()) {
      said += std::string(LabelValue(labels, "build")) + " " +
              std::string(LabelValue(desk_->engine().Find(labels)->annotations, "summary")) + "\n";
    }
    return said;
  }

  // Another process takes over from what was stored.
  void Restart() {
    StoredMonitor stored;
    for (const auto& [key, value] : stored_) {
      if (!value.empty()) {
        (key.first == store::MonitorStateKind::kAlert ? stored.alerts : stored.groups)
            .push_back({key.first, key.second, value});
      }
    }
    desk_ = std::make_unique<AlertDesk>(config_);
    desk_->Restore(stored);
  }

  MonitorConfig config_;
  std::unique_ptr<AlertDesk> desk_;
  std::vector<StandingVerdict> verdicts_;
  std::size_t messages_ = 0;
  std::map<std::pair<store::MonitorStateKind, std::string>, std::string> stored_;
};

StandingVerdict Of(std::string scenario, std::string build, Verdict verdict) {
  return {.scenario = std::move(scenario),
          .build = std::move(build),
          .verdict = verdict,
          .at = kStart,
          .why = "p99 is 40 % up"};
}

TEST_F(GateRuleTest, FiresOnTheNewestVerdictAndEndsWithOneThatIsBetter) {
  Begin("{ alert: Fails, gate: { scenario: checkout } }");
  verdicts_ = {Of("checkout", "b7", Verdict::kPass)};
  EXPECT_EQ(Step(0s), "");
  verdicts_ = {Of("checkout", "b7", Verdict::kFail)};
  EXPECT_EQ(Step(1s), "b7 p99 is 40 % up\n");
  EXPECT_EQ(messages_, 1U);
  verdicts_ = {Of("checkout", "b8", Verdict::kPass)};
  EXPECT_EQ(Step(2s), "");
  // Warn is bad only where the rule says so.
  verdicts_ = {Of("checkout", "b9", Verdict::kWarn)};
  EXPECT_EQ(Step(3s), "");
}

TEST_F(GateRuleTest, IsAnAlertForEachScenarioAndServiceThatItIsAbout) {
  Begin("{ alert: Fails, gate: { verdict: [ fail, inconclusive ] } }");
  verdicts_ = {Of("cart", "b1", Verdict::kFail),
               Of("checkout", "b2", Verdict::kInconclusive),
               Of("search", "b3", Verdict::kPass),
               {.service = "shop", .build = "b4", .verdict = Verdict::kFail, .at = kStart}};
  EXPECT_EQ(Step(0s), "b1 p99 is 40 % up\nb2 p99 is 40 % up\nb4 \n");
  Begin("{ alert: Fails, gate: { service: shop } }");
  EXPECT_EQ(Step(0s), "b4 \n");
  Begin("{ alert: Fails, gate: true, match: [ 'build!=\"b1\"' ] }");
  EXPECT_EQ(Step(0s), "b4 \n");
}

TEST_F(GateRuleTest, AVerdictThatIsOlderThanItIsKeptSaysNothing) {
  Begin("{ alert: Fails, gate: { keep: 2h } }");
  verdicts_ = {Of("checkout", "b7", Verdict::kFail)};
  EXPECT_NE(Step(2h), "");
  EXPECT_EQ(Step(2h + 1s), "");
}

TEST_F(GateRuleTest, AHistoryThatCannotBeReadEndsNothing) {
  Begin("{ alert: Fails, gate: true }");
  verdicts_ = {Of("checkout", "b7", Verdict::kFail)};
  ASSERT_NE(Step(0s), "");
  verdicts_ = {};
  EXPECT_NE(Step(1s, false), "");
  EXPECT_EQ(Step(2s, true), "");
}

TEST_F(GateRuleTest, AVerdictIsToldOnceOverRestarts) {
  Begin("{ alert: Fails, gate: true }");
  verdicts_ = {Of("checkout", "b7", Verdict::kFail)};
  for (int i = 0; i < 10; ++i) {
    Step(1s * i);
    Restart();
  }
  EXPECT_EQ(messages_, 1U);
}

TEST_F(GateRuleTest, TextsNameTheVerdictItsReasonAndTheBuild) {
  Begin(
      "{ alert: Fails, gate: true, annotations: { summary: '{{ labels.scenario }} "
      "{{ labels.build }} {{ value }}: {{ why }}' } }");
  verdicts_ = {Of("checkout", "b7", Verdict::kFail)};
  EXPECT_EQ(Step(0s), "b7 checkout b7 fail: p99 is 40 % up\n");
}

TEST_F(GateRuleTest, SaysItselfInWords) {
  Begin(
      "{ alert: Fails, for: 1m, gate: { scenario: checkout, verdict: [ warn, fail ], keep: 1d }}");
  EXPECT_EQ(DescribeRule(config_.rules[0], std::vector<std::string_view>{"weir"}),
            "the newest verdict of scenario checkout: warn or fail, not older than 1d for 1m");
  Begin("{ alert: Fails, gate: true }");
  EXPECT_EQ(DescribeRule(config_.rules[0], std::vector<std::string_view>{"weir"}),
            "the newest verdict of any scenario or service: fail, not older than 7d");
}

TEST(GateConfigTest, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(ErrorOf("{ alert: Fails, gate: { verdict: pass } }"),
            "m.yaml:4:38: error: 'pass' is no verdict to alert on\n"
            "  4 |   - { alert: Fails, gate: { verdict: pass } }\n"
            "    |                                      ^~~~\n"
            "  hint: write fail, warn, inconclusive, or a list of these");
  EXPECT_NE(ErrorOf("{ alert: Fails, gate: { scenario: a, service: b } }")
                .find("m.yaml:4:51: error: a verdict is about a scenario (weir gate) or a service"),
            std::string::npos);
  EXPECT_NE(ErrorOf("{ alert: Fails, gate: true, above: 3 }")
                .find("m.yaml:4:40: error: a rule on verdicts has no 'above'"),
            std::string::npos);
  EXPECT_NE(ErrorOf("{ alert: Fails, gate: { scenari: a } }").find("did you mean 'scenario'?"),
            std::string::npos);
  EXPECT_NE(ErrorOf("{ alert: Fails, gate: { verdict: [] } }").find("has at least one"),
            std::string::npos);
}

TEST(GateMonitorTest, AVerdictOfAnotherProcessIsToldByTheEvaluationThatComesNext) {
  const tests::TempDir directory;
  const std::string path = directory.File("weir.db");
  const SystemClock clock;
  Result<MonitorConfig> config = ReadMonitorConfigFile(
      directory.Write("m.yaml", File("{ alert: Fails, gate: { scenario: checkout } }")));
  ASSERT_TRUE(config) << config.error().message;
  auto live = LiveMonitor::Start(std::move(*config), path,
                                 {.clock = clock, .log = [](std::string_view) {}});
  ASSERT_TRUE(live) << live.error().message;
  (*live)->AwaitEvaluation(0, 20s);
  EXPECT_EQ((*live)->Report().firing, 0U);
  GateResult verdict = store::SampleVerdict();
  verdict.candidate_runs = {store::RecordSampleRun(path, 1)};
  ASSERT_TRUE((*store::Store::OpenForWriting(path))->AppendVerdict(verdict, clock.WallNow()));
  // One may have begun before.
  const std::uint64_t seen = (*live)->Evaluations();
  (*live)->AwaitEvaluation(seen, 20s);
  (*live)->AwaitEvaluation(seen + 1, 20s);
  const MonitorReport report = (*live)->Report();
  EXPECT_EQ(report.firing, 1U);
  const auto engine = std::find_if(report.engines.begin(), report.engines.end(),
                                   [](const EngineReport& each) { return each.name == "gate"; });
  ASSERT_NE(engine, report.engines.end());
  EXPECT_EQ(engine->health, EngineHealth::kIntegrated);
  EXPECT_EQ(engine->rules, 1U);
  EXPECT_EQ(engine->firing, 1U);
}

// Who follows it is told of them anew with each version.
TEST(GateMonitorTest, GatesHaveAnotherVersionWithAVerdictAndWithNothingElseThatIsWritten) {
  const tests::TempDir directory;
  const std::string path = directory.File("weir.db");
  const SystemClock clock;
  Result<MonitorConfig> config = ReadMonitorConfigFile(
      directory.Write("m.yaml", File("{ alert: Fails, gate: { scenario: checkout } }")));
  ASSERT_TRUE(config) << config.error().message;
  auto live = LiveMonitor::Start(std::move(*config), path,
                                 {.clock = clock, .log = [](std::string_view) {}});
  ASSERT_TRUE(live) << live.error().message;
  const auto version = [&live] {
    // One may have begun before; and what it writes itself is seen by the one after it.
    const std::uint64_t seen = (*live)->Evaluations();
    for (std::uint64_t more = 0; more < 4; ++more) {
      (*live)->AwaitEvaluation(seen + more, 20s);
    }
    return (*live)->Report().gates_version;
  };
  const auto run = store::RecordSampleRun(path, 1);
  const std::uint64_t first = version();
  GateResult verdict = store::SampleVerdict();
  verdict.candidate_runs = {run};
  ASSERT_TRUE((*store::Store::OpenForWriting(path))->AppendVerdict(verdict, clock.WallNow()));
  EXPECT_EQ(version(), first + 1);
  EXPECT_EQ((*live)->Report().firing, 1U);
  store::RecordSampleRun(path, 2);
  EXPECT_EQ(version(), first + 1);
}

}  // namespace
}  // namespace weir::monitor
