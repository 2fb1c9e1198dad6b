// Rules that wait for something, and ratios of metrics.

#include "monitor/rules/trigger.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "monitor/live_monitor.h"
#include "monitor/rules/rule_words.h"
#include "store/deployments.h"
#include "tests/monitor/one_rule.h"
#include "tests/support/temp_dir.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kStart{1'700'000'000s};

std::string File(const std::string& rules) {
  return "sources: [ { name: shop, scrape: 'http://127.0.0.1:1/', down_after: never } ]\nrules:\n" +
         rules + "channels: [ { name: log, file: log } ]\n";
}

std::vector<AlertRule> Rules(const std::string& rules) {
  const auto config = ReadMonitorConfig(File(rules), "m.yaml", {});
  EXPECT_TRUE(config) << config.error().message;
  return config ? config->rules : std::vector<AlertRule>();
}

std::string ErrorOf(const std::string& rules) {
  const auto config = ReadMonitorConfig(File(rules), "m.yaml", {});
  return config ? "none" : config.error().message;
}

std::string InWords(const std::string& rule) {
  return DescribeRule(Rules(rule).at(0), std::vector<std::string_view>{"shop", "weir"});
}

// Rules on the metrics a and b, and what has happened.
class TriggerTest : public testing::Test {
 protected:
  void Begin(const std::string& rules) { engine_ = std::make_unique<RuleEngine>(Rules(rules)); }

  // The names of the rules that fire.
  std::string Step(Nanos at, double a, double b = 0, bool known = true) {
    Reading reading;
    reading.samples = {{a_, a}, {b_, b}};
    const Reading own;
    const SourceView views[] = {{.reading = &reading, .at = kStart + at, .stale = false},
                                {.reading = &own, .at = kStart + at, .stale = false}};
    engine_->Evaluate(kStart + at, views, {.known = known, .verdicts = {}, .happened = happened_});
    std::string names;
    for (const Labels& labels : engine_->Firing()) {
      names += std::string(LabelValue(labels, "alertname")) + " ";
    }
    return names;
  }

  std::shared_ptr<const SeriesName> a_ = std::make_shared<const SeriesName>(SeriesName{"a", {}});
  std::shared_ptr<const SeriesName> b_ = std::make_shared<const SeriesName>(SeriesName{"b", {}});
  std::unique_ptr<RuleEngine> engine_;
  std::vector<Happening> happened_;
};

TEST_F(TriggerTest, AStricterLimitHoldsForAWhileAfterADeploymentOfTheService) {
  Begin(
      "  - { alert: Strict, source: shop, metric: a, above: 1, after: deploy cart, within: 10m "
      "}\n");
  EXPECT_EQ(Step(0s, 5), "");
  happened_ = {{.is_run = false, .subject = "mail", .at = kStart + 1min},
               {.is_run = true, .subject = "cart", .at = kStart + 1min}};
  EXPECT_EQ(Step(1min, 5), "");
  happened_.push_back({.is_run = false, .subject = "cart", .at = kStart + 2min});
  // Not before it has come, by the clock of who told it.
  EXPECT_EQ(Step(1min + 1s, 5), "");
  EXPECT_EQ(Step(2min, 5), "Strict ");
  EXPECT_EQ(Step(2min + 1s, 5, 0, false), "Strict ");  // The history cannot be read.
  EXPECT_EQ(Step(12min, 5), "Strict ");
  EXPECT_EQ(Step(12min + 1s, 5), "");
}

TEST_F(TriggerTest, ARuleMayWaitForARunThatFinishes) {
  Begin("  - { alert: Strict, source: shop, metric: a, above: 1, after: run, within: 10m }\n");
  happened_ = {{.is_run = true, .subject = "cart", .at = kStart}};
  EXPECT_EQ(Step(0s, 5), "Strict ");
  EXPECT_EQ(Step(11min, 5), "");
}

TEST_F(TriggerTest, ARuleThatWaitsForAnAlertIsJudgedInTheStepInWhichThatFires) {
  Begin(
      "  - { alert: Then, source: shop, metric: a, above: 1, after: alert First, within: 10m }\n"
      "  - { alert: First, source: shop, metric: b, above: 1 }\n");
  EXPECT_EQ(Step(0s, 5, 0), "");
  EXPECT_EQ(Step(1s, 5, 5), "Then First ");
  EXPECT_EQ(Step(11min, 5, 5), "First ");
  EXPECT_EQ(Step(12min, 5, 0), "");
  EXPECT_EQ(Step(13min, 5, 5), "Then First ");
}

TEST_F(TriggerTest, AForecastIsMadeAtOnceWhenWhatItWaitsForHappens) {
  Begin(
      "  - { alert: Full, source: shop, metric: a, above: 100, after: deploy, within: 1h,\n"
      "      predict: { within: 60m, every: 1m } }\n");
  // It rises, and crosses 100 within the hour: it is not judged yet.
  Nanos at{0};
  for (int minute = 0; minute < 60; ++minute) {
    at = 1min * minute;
    ASSERT_EQ(Step(at, 20 + minute), "");
  }
  happened_ = {{.is_run = false, .subject = "shop", .at = kStart + at + 1s}};
  EXPECT_EQ(Step(at + 1s, 80), "Full ");
}

TEST_F(TriggerTest, AfterARestartWhatHappenedBeforeItCounts) {
  const std::string rules =
      "  - { alert: Strict, source: shop, metric: a, above: 1, after: deploy, within: 10m }\n";
  happened_ = {{.is_run = false, .subject = "cart", .at = kStart}};
  Begin(rules);
  EXPECT_EQ(Step(5min, 5), "Strict ");
}

TEST(TriggerConfigTest, SaysItselfInWordsAndWhatIsWrongWithIt) {
  const std::string rule = "  - { alert: A, source: shop, metric: a, above: 1, ";
  EXPECT_EQ(InWords(rule + "after: deploy shop, within: 10m }\n"),
            "shop a: above 1, within 10m after a deployment of shop");
  EXPECT_EQ(InWords(rule + "after: run }\n"), "shop a: above 1, within 30m after a run finished");
  EXPECT_EQ(ErrorOf(rule + "after: deplo }\n"),
            "m.yaml:3:59: error: 'deplo' is nothing to wait for\n"
            "  3 |   - { alert: A, source: shop, metric: a, above: 1, after: deplo }\n"
            "    |                                                           ^~~~~\n"
            "  hint: write 'deploy', 'deploy SERVICE', 'run', 'run SCENARIO' or 'alert RULE'");
  EXPECT_NE(ErrorOf(rule + "within: 10m }\n").find("there is no 'after'"), std::string::npos);
  EXPECT_NE(ErrorOf(rule + "after: alert B }\n").find("m.yaml:3:59: error: there is no rule 'B'"),
            std::string::npos);
  EXPECT_NE(ErrorOf(rule + "after: alert A }\n").find("a rule cannot wait for itself"),
            std::string::npos);
  EXPECT_EQ(ErrorOf(rule + "after: alert WeirSourceDown }\n"), "none");
}

// The time from a deployment that another connection writes to the alert that waits for it, with an
// evaluation every ten seconds.
TEST(TriggerMonitorTest, ADeploymentIsNoticedBeforeTheNextEvaluationIsDue) {
  const tests::TempDir directory;
  const std::string path = directory.File("weir.db");
  Result<MonitorConfig> config = ReadMonitorConfigFile(directory.Write(
      "m.yaml",
      "evaluate_every: 10s\nsources: []\nrules:\n"
      "  - { alert: A, source: weir, metric: none, above: 1, after: deploy, within: 1h }\n"
      "channels: [ { name: log, file: log } ]\n"));
  ASSERT_TRUE(config) << config.error().message;
  const SystemClock clock;
  auto live = LiveMonitor::Start(std::move(*config), path,
                                 {.clock = clock, .log = [](std::string_view) {}});
  ASSERT_TRUE(live) << live.error().message;
  (*live)->AwaitEvaluation(0, 20s);
  auto marks = store::Deployments::OpenForWriting(path);
  ASSERT_TRUE(marks);
  std::vector<Nanos> took;
  for (int i = 0; i < 40; ++i) {
    const std::uint64_t seen = (*live)->Evaluations();
    const Instant from = clock.Now();
    ASSERT_TRUE((*marks)->Append({.at = clock.WallNow(), .service = "shop", .build = "b"}));
    (*live)->AwaitEvaluation(seen, 20s);
    took.push_back(clock.Now() - from);
  }
  std::sort(took.begin(), took.end());
  RecordProperty("median_ms", fmt::format("{:.1f}", Seconds(took[20]) * 1e3));
  RecordProperty("longest_ms", fmt::format("{:.1f}", Seconds(took.back()) * 1e3));
  EXPECT_LT(took[20], 2s);
}

AlertRule Ratio(const std::string& rest) {
  return Rules("  - { alert: R, source: shop, " + rest + " }\n").at(0);
}

TEST(RatioRuleTest, DividesTheSumsOfEachGroup) {
  tests::OneRule rule(Ratio("ratio: { of: used, to: size, by: [ host ] }, above: 90%"));
  rule.Put("used", {{"host", "a"}, {"disk", "1"}}, 95);
  rule.Put("used", {{"host", "a"}, {"disk", "2"}}, 5);
  rule.Put("size", {{"host", "a"}, {"disk", "1"}}, 100);
  rule.Put("size", {{"host", "a"}, {"disk", "2"}}, 100);
  rule.Put("used", {{"host", "b"}}, 91);
  rule.Put("size", {{"host", "b"}}, 100);
  rule.Put("size", {{"host", "c"}}, 0);
  rule.Step(kStart);
  const std::vector<Labels> firing = rule.engine.Firing();
  ASSERT_EQ(firing.size(), 1U);
  EXPECT_EQ(LabelValue(firing[0], "host"), "b");
  EXPECT_EQ(rule.engine.Find(firing[0])->value, 0.91);
}

TEST(RatioRuleTest, OfCountersItIsTheShareOfWhatCame) {
  tests::OneRule rule(Ratio(
      "ratio: { of: 'requests_total{class=\"5xx\"}', to: requests_total }, window: { rate: 1m }, "
      "above: 5%"));
  double good = 1000;
  double bad = 500;
  const auto step = [&](int second, double more_bad) {
    good += 100;
    bad += more_bad;
    rule.Put("requests_total", {{"class", "2xx"}}, good);
    rule.Put("requests_total", {{"class", "5xx"}}, bad);
    rule.Step(kStart + 1s * second);
  };
  step(0, 0);
  EXPECT_FALSE(rule.Fires());
  step(10, 1);
  EXPECT_FALSE(rule.Fires());
  step(20, 20);
  EXPECT_TRUE(rule.Fires());
}

TEST(RatioRuleTest, CountersOfErrorsThatHaveNotComeAreNoErrors) {
  tests::OneRule rule(
      Ratio("ratio: { of: errors, to: requests }, window: { rate: 1m }, at_most: 0"));
  rule.Put("requests", {}, 10);
  rule.Step(kStart);
  EXPECT_FALSE(rule.Fires());
  rule.Put("requests", {}, 20);
  rule.Step(kStart + 1s);
  EXPECT_TRUE(rule.Fires());
}

TEST(RatioRuleTest, SaysItselfInWordsAndWhatIsWrongWithIt) {
  EXPECT_EQ(InWords("  - { alert: R, source: shop, above: 5%, window: { rate: 5m },\n"
                    "      ratio: { of: 'a{class=\"5xx\"}', to: a, by: [ host, job ] } }\n"),
            "shop a{class=\"5xx\"} over a by host, job, rate of 5m: above 0.05");
  const std::string rule = "  - { alert: R, source: shop, above: 5%, ";
  EXPECT_NE(ErrorOf(rule + "ratio: { of: a } }\n").find("error: 'to' must be a metric"),
            std::string::npos);
  EXPECT_NE(ErrorOf(rule + "metric: a, ratio: { of: a, to: b } }\n")
                .find("m.yaml:3:50: error: a ratio has no 'metric'"),
            std::string::npos);
  EXPECT_NE(ErrorOf(rule + "ratio: { off: a, to: b } }\n").find("did you mean 'of'?"),
            std::string::npos);
}

TEST(WindowDeltaTest, IsWhatAGaugeHasChangedByInTheWindow) {
  tests::OneRule rule(Ratio("metric: queue, window: { delta: 1m }, above: 50"));
  rule.Put("queue", {}, 100);
  rule.Step(kStart);
  EXPECT_FALSE(rule.Fires());
  rule.Put("queue", {}, 151);
  rule.Step(kStart + 30s);
  EXPECT_TRUE(rule.Fires());
  rule.Put("queue", {}, 152);
  rule.Step(kStart + 80s);  // From 151 on.
  EXPECT_FALSE(rule.Fires());
}

}  // namespace
}  // namespace weir::monitor
