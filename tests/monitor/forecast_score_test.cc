// Forecasts of rules, set against what came.

#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/rng.h"
#include "monitor/alert_desk.h"
#include "monitor/monitor_report.h"
#include "monitor/state_codec.h"
#include "tests/monitor/one_rule.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;
using analysis::ForecastCalibration;
using analysis::ForecastTally;

constexpr WallTime kStart{1'700'000'000s};

AlertRule Limit(double level) {
  AlertRule rule;
  rule.name = "Full";
  rule.metric = "disk";
  rule.threshold = {.side = BadSide::kAbove, .level = level, .clear_level = {}};
  rule.engine = PredictSpec{.within = 600s, .every = 60s};
  return rule;
}

// A value each minute.
class Minutes {
 public:
  explicit Minutes(double level) : rule_(Limit(level)) {}

  void Push(double value) {
    rule_.Put("disk", {}, value);
    Pass(1);
  }

  void Pass(int minutes) {
    if (minutes == 1) {
      rule_.Step(kStart + 60s * at_);
    }
    at_ += minutes;
  }

  void Noise(int count, double level) {
    for (int i = 0; i < count; ++i) {
      Push(level + rng_.Normal());
    }
  }

  ForecastCalibration Found() const { return JudgeForecasts(rule_.engine.forecasts()); }

 private:
  tests::OneRule rule_;
  Rng rng_{11};
  int at_ = 0;
};

TEST(ForecastScoreTest, TheNextForecastIsTakenWhenTheOneBeforeWasDue) {
  Minutes minutes(1000);
  minutes.Noise(30 + 1, 50);
  EXPECT_EQ(minutes.Found().due, 0U);
  minutes.Noise(9, 50);
  EXPECT_EQ(minutes.Found().due, 0U);
  minutes.Noise(2, 50);
  EXPECT_EQ(minutes.Found().due, 1U);
  minutes.Noise(100, 50);
  // Ten spans each, and none begins before the one before it has ended.
  EXPECT_EQ(minutes.Found().due, 11U);
  EXPECT_EQ(minutes.Found().right, 11U);
  EXPECT_EQ(minutes.Found().bands, 11U);
  ASSERT_EQ(minutes.Found().bins.size(), 1U);
  EXPECT_LT(minutes.Found().bins[0].stated, 0.01);
}

TEST(ForecastScoreTest, ALimitThatIsCrossedUnforeseenCountsAgainstIt) {
  Minutes minutes(1000);
  minutes.Noise(34, 50);
  minutes.Push(2000);
  minutes.Noise(10, 50);
  EXPECT_EQ(minutes.Found().due, 1U);
  EXPECT_EQ(minutes.Found().right, 0U);
  EXPECT_EQ(minutes.Found().bins.at(0).happened, 1U);
}

TEST(ForecastScoreTest, WhatNobodySawIsNotCounted) {
  Minutes minutes(1000);
  minutes.Noise(33, 50);
  minutes.Pass(5);
  minutes.Noise(8, 50);
  EXPECT_EQ(minutes.Found().due, 0U);
  minutes.Noise(10, 50);
  EXPECT_EQ(minutes.Found().due, 1U);
  // One that is crossed was seen to be.
  minutes.Push(2000);
  minutes.Pass(30);
  minutes.Noise(2, 50);
  EXPECT_EQ(minutes.Found().due, 2U);
  EXPECT_EQ(minutes.Found().right, 1U);
  EXPECT_EQ(minutes.Found().bands, 1U);
}

// Series that come back to their mean, with a limit nearby, are hard to foretell: the engine may be
// somewhat off, but not grossly so.
TEST(ForecastScoreTest, TheEngineIsAboutAsRightAsItSays) {
  ForecastTally all;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    tests::OneRule rule(Limit(4));
    rule.engine.RestoreForecasts(all);
    Rng rng(seed);
    double level = 0;
    for (int i = 0; i < 150; ++i) {
      level = 0.95 * level + rng.Normal();
      rule.Put("disk", {}, level);
      rule.Step(kStart + 60s * i);
    }
    all = rule.engine.forecasts();
  }
  const ForecastCalibration found = JudgeForecasts(all);
  RecordProperty("due", static_cast<int>(found.due));
  RecordProperty("right", static_cast<int>(found.right));
  RecordProperty("in_words", DescribeForecasts(found));
  ASSERT_GT(found.due, 80U);
  const double right = static_cast<double>(found.right) / static_cast<double>(found.due);
  EXPECT_NEAR(right, found.confidence, 0.1);
  const double inside = static_cast<double>(found.in_bands) / static_cast<double>(found.bands);
  EXPECT_NEAR(inside, 0.8, 0.1);
}

constexpr const char* kConfig = R"(
sources: [ { name: shop, scrape: 'http://127.0.0.1:1/metrics', down_after: never } ]
rules:
  - { alert: Full, source: shop, metric: disk, above: 1000, predict: { within: 10m, every: 1m } }
channels: [ { name: chat, file: chat } ]
route: { receiver: chat }
)";

TEST(ForecastScoreTest, SurvivesARestart) {
  const Result<MonitorConfig> config = ReadMonitorConfig(kConfig, "monitor.yaml", {});
  ASSERT_TRUE(config) << config.error().message;
  AlertDesk desk(*config);
  const auto disk = std::make_shared<const SeriesName>(SeriesName{"disk", {}});
  std::vector<store::MonitorStateRow> rows;
  Rng rng(3);
  for (int i = 0; i < 100; ++i) {
    Reading reading;
    reading.samples.push_back({disk, 50 + rng.Normal()});
    const Reading own;
    const SourceView views[] = {{.reading = &reading, .at = kStart + 60s * i, .stale = false},
                                {.reading = &own, .at = kStart + 60s * i, .stale = false}};
    for (const store::MonitorStateRow& row : desk.Step(kStart + 60s * i, views).rows) {
      if (row.kind == store::MonitorStateKind::kForecasts) {
        rows.push_back(row);
      }
    }
  }
  const ForecastTally& before = desk.engine().forecasts();
  EXPECT_EQ(before.ever, 6U);
  ASSERT_EQ(rows.size(), 6U);  // One with each that came due, and no more.
  AlertDesk after(*config);
  StoredMonitor stored;
  stored.forecasts = {rows.back()};
  after.Restore(stored);
  EXPECT_EQ(after.engine().forecasts(), before);
  AlertDesk again(*config);
  again.TakeOver(std::move(after));
  EXPECT_EQ(again.engine().forecasts(), before);
}

TEST(ForecastScoreTest, WhatIsDamagedReadsAsNothing) {
  ForecastTally tally;
  for (int i = 0; i < 700; ++i) {
    tally.Add({.stated = 0.01 * (i % 100), .happened = i % 3 == 0, .in_band80 = i % 2 == 0});
  }
  const std::string text = EncodeForecasts(tally);
  ASSERT_TRUE(DecodeForecasts(text));
  EXPECT_EQ(*DecodeForecasts(text), tally);
  EXPECT_LT(text.size(), 1200U);
  auto json = nlohmann::json::parse(text);
  json["newest"]["right"] = 100'000;
  EXPECT_FALSE(DecodeForecasts(json.dump()));
  json = nlohmann::json::parse(text);
  json["newest"]["bins"][0]["happened"] = 501;
  EXPECT_FALSE(DecodeForecasts(json.dump()));
  json = nlohmann::json::parse(text);
  json["edges"][0] = 0.1;
  EXPECT_FALSE(DecodeForecasts(json.dump()));
  for (const char* damaged : {"", "{}", "[]", "7", "{\"edges\": null}", "{"}) {
    EXPECT_FALSE(DecodeForecasts(damaged)) << damaged;
  }
}

TEST(ForecastScoreTest, TheStatusSaysNothingOfTooFewAndWhy) {
  MonitorReport report;
  auto json = nlohmann::json::parse(ReportJson(report))["forecasts"];
  EXPECT_EQ(json["verdict"], "too_few");
  EXPECT_EQ(json["in_words"], "0 of the 30 forecasts that are needed have come due");
  EXPECT_TRUE(json["right_ratio"].is_null());
  ForecastTally tally;
  for (int i = 0; i < 40; ++i) {
    tally.Add({.stated = 0.96, .happened = i < 39, .in_band80 = true});
  }
  report.forecasts = JudgeForecasts(tally);
  json = nlohmann::json::parse(ReportJson(report))["forecasts"];
  EXPECT_EQ(json["verdict"], "as_stated");
  EXPECT_EQ(json["in_words"],
            "as they say: 39 of 40 came true (95 %: 87 to 100 %), they said 96 %");
  EXPECT_EQ(json["right_ratio"], 0.975);
  EXPECT_EQ(json["bins"][0]["crossed"], 39);
  report.forecasts_trouble = "no rule foretells anything";
  json = nlohmann::json::parse(ReportJson(report))["forecasts"];
  EXPECT_EQ(json["in_words"], "no rule foretells anything");
  EXPECT_TRUE(json["right_ratio"].is_null());
}

}  // namespace
}  // namespace weir::monitor
