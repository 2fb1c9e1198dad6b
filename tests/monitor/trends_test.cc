#include "monitor/trends.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/rng.h"
#include "tests/monitor/one_rule.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr WallTime kStart{1'700'000'000s};
constexpr std::array<std::string_view, 2> kSources = {"shop", "weir"};

AlertRule RuleWith(RuleEngineSpec engine) {
  AlertRule rule;
  rule.name = "Odd";
  rule.metric = "latency";
  rule.threshold = {.side = BadSide::kAbove, .level = 1000, .clear_level = {}};
  rule.engine = std::move(engine);
  return rule;
}

// Looks at hosts, each 15 s.
class Looks {
 public:
  explicit Looks(tests::OneRule& rule) : rule_(rule) {}

  void Push(const std::string& host, double value) {
    rule_.Put("latency", {{"host", host}}, value);
  }

  void End() { rule_.Step(kStart + 15s * number_++); }

  void Usual(int count) {
    for (int i = 0; i < count; ++i) {
      Push("a", 100 + 5 * rng_.Normal());
      Push("b", 100 + 5 * rng_.Normal());
      End();
    }
  }

 private:
  tests::OneRule& rule_;
  Rng rng_{3};
  int number_ = 0;
};

Trends Pick(const RuleEngine& engine) {
  Trends trends;
  PickSeries(engine, kSources, trends);
  return trends;
}

TEST(TrendsTest, EachValueHasTheBandThatWasExpectedBeforeItCame) {
  tests::OneRule rule(RuleWith(AnomalySpec{}));
  Looks looks(rule);
  looks.Usual(199);
  const Trends warming = Pick(rule.engine);
  for (const TrackPoint& point : warming.series.at(0).points) {
    EXPECT_FALSE(point.expected);  // It warms up.
  }
  EXPECT_FALSE(Pick(rule.engine).series[0].score);
  looks.Usual(801);
  for (int i = 0; i < 3; ++i) {
    looks.Push("a", 100);
    looks.Push("b", 200);
    looks.End();
  }
  const Trends trends = Pick(rule.engine);
  ASSERT_EQ(trends.series.size(), 2U);
  const SeriesTrend& fires = trends.series[0];
  EXPECT_EQ(fires.alert.state.phase, AlertPhase::kFiring);
  EXPECT_EQ(LabelValue(fires.alert.labels, "host"), "b");
  EXPECT_EQ(fires.engine, "anomaly");
  ASSERT_EQ(fires.points.size(), SeriesTrack::kPoints);
  const auto is_inside = [](const TrackPoint& point) {
    return point.expected && point.value >= point.expected->low &&
           point.value <= point.expected->high;
  };
  const auto last3 = fires.points.end() - 3;
  EXPECT_TRUE(std::all_of(fires.points.begin(), last3, is_inside));
  EXPECT_TRUE(std::none_of(last3, fires.points.end(), is_inside));
  // By which the incident is judged, and not by what the engine has learnt of it since.
  EXPECT_EQ(last3->expected, fires.points.back().expected);
  EXPECT_EQ(fires.points.back().at, kStart + 15s * 1002);
  EXPECT_EQ(fires.points.back().value, 200);
}

TEST(TrendsTest, AForecastGoesOnFromTheLastSpanThatItKnows) {
  const PredictSpec spec{.within = 600s, .every = 60s};
  tests::OneRule rule(RuleWith(spec));
  Looks looks(rule);
  looks.Usual(4 * 40);
  const SeriesTrend series = Pick(rule.engine).series.at(0);
  ASSERT_TRUE(series.fan);
  EXPECT_EQ(series.fan->expected.size(), spec.horizon());
  EXPECT_EQ(series.fan->high95.size(), spec.horizon());
  EXPECT_EQ(series.fan->every, 60s);
  // Looks go on until 39 min 45 s after a start that is 20 s after a full minute.
  EXPECT_EQ(series.fan->from, kStart - 20s + 60s * 40);
  EXPECT_EQ(series.points.back().at, series.fan->from);
  EXPECT_EQ(series.threshold->level, 1000);
  EXPECT_LT(*series.probability, 0.01);
}

TEST(TrendsTest, OfAForecastTheBandOfOneStepAheadIsKeptAsItWas) {
  tests::OneRule rule(RuleWith(PredictSpec{.within = 150s, .every = 15s}));
  Looks looks(rule);
  looks.Usual(300);
  int inside = 0;
  const SeriesTrend series = Pick(rule.engine).series.at(0);
  for (const TrackPoint& point : series.points) {
    ASSERT_TRUE(point.expected);
    inside += point.value >= point.expected->low && point.value <= point.expected->high ? 1 : 0;
  }
  // 80 % of 120, give or take three standard deviations.
  EXPECT_GE(inside, 83);
  EXPECT_LE(inside, 109);
}

TEST(TrendsTest, KeepsWhatWasAroundTheBeginningOfAnAlert) {
  SeriesTrack track;
  for (int i = 0; i < 1000; ++i) {
    if (i == 500) {
      track.MarkBeginning();
    }
    EXPECT_TRUE(track.Add({.at = kStart + 1s * i, .value = 1.0 * i, .expected = {}}));
  }
  EXPECT_FALSE(track.Add({.at = kStart, .value = 1, .expected = {}}));
  ASSERT_EQ(track.beginning().size(), SeriesTrack::kPoints);
  EXPECT_EQ(track.beginning().front().value, 440);
  EXPECT_EQ(track.beginning().back().value, 559);
  ASSERT_EQ(track.points().size(), SeriesTrack::kPoints);
  EXPECT_EQ(track.points().back().value, 999);
}

TEST(TrendsTest, ARuleHasABoundedNumberOfThemAndGivesThemBack) {
  tests::OneRule rule(RuleWith(AnomalySpec{}));
  Looks looks(rule);
  constexpr std::size_t kHosts = RuleEngine::kTracksMax + 5;
  for (std::size_t host = 0; host < kHosts; ++host) {
    looks.Push(std::to_string(host), 1);
  }
  looks.End();
  Trends trends = Pick(rule.engine);
  EXPECT_EQ(trends.series.size(), Trends::kSeriesMax);
  EXPECT_EQ(trends.series.size() + trends.series_left_out, RuleEngine::kTracksMax);
  // The others are gone.
  looks.Push("0", 1);
  looks.End();
  rule.engine.Forget([](const Labels&) { return false; });
  for (std::size_t host = 0; host < kHosts; ++host) {
    looks.Push("new" + std::to_string(host), 1);
  }
  looks.End();
  trends = Pick(rule.engine);
  EXPECT_EQ(trends.series.size() + trends.series_left_out, RuleEngine::kTracksMax);
}

TEST(TrendsTest, TheVersionGrowsWithWhatIsNewAndNotElse) {
  tests::OneRule rule(RuleWith(AnomalySpec{.every = 30s}));
  Looks looks(rule);
  looks.Usual(1);
  const std::uint64_t before = rule.engine.tracks_version();
  looks.Usual(1);  // Half of a value.
  EXPECT_EQ(rule.engine.tracks_version(), before);
  looks.Usual(1);
  EXPECT_GT(rule.engine.tracks_version(), before);
}

TEST(TrendsTest, AReloadKeepsThemAndAClockThatIsSetBackDoesNot) {
  tests::OneRule rule(RuleWith(AnomalySpec{}));
  Looks looks(rule);
  looks.Usual(50);
  const std::uint64_t version = rule.engine.tracks_version();
  RuleEngine after({RuleWith(AnomalySpec{})});
  after.TakeOver(std::move(rule.engine), std::array{std::optional<std::size_t>(0)});
  EXPECT_EQ(Pick(after).series.at(0).points.size(), 50U);
  EXPECT_GT(after.tracks_version(), version);
  after.ClockSetBack(1h);
  EXPECT_TRUE(Pick(after).series.at(0).points.empty());
}

TEST(TrendsJsonTest, WhatIsNotKnownIsNullAndMarksAreThoseOfTheTime) {
  SeriesTrend series;
  series.alert.labels = {{"alertname", "Odd"}};
  series.points = {{.at = kStart, .value = 123456.789, .expected = {}},
                   {.at = kStart + 15s, .value = -2e-9, .expected = Interval{-1, 0}}};
  Trends trends{.at = kStart + 20s, .version = 7, .series = {series}};
  trends.gates.verdicts = {
      {.at = kStart + 3s, .subject = "shop", .candidate = "build:b7", .verdict = Verdict::kFail},
      {.at = kStart - 1s, .verdict = Verdict::kPass}};
  trends.gates.deployments = {{.at = kStart + 1s, .service = "shop", .build = "b7\n"}};
  const Json json = Json::parse(TrendsJson(trends));
  EXPECT_EQ(json["schema"], "weir.monitor_trends/1");
  EXPECT_EQ(json["version"], 7);
  const Json& told = json["series"][0];
  EXPECT_TRUE(told["forecast"].is_null());
  EXPECT_TRUE(told["limit"].is_null());
  EXPECT_TRUE(told["score"].is_null());
  EXPECT_EQ(told["points"]["at_ms"], Json({1'700'000'000'000, 1'700'000'015'000}));
  EXPECT_EQ(told["points"]["value"], Json({123457.0, -2e-9}));
  EXPECT_EQ(told["points"]["low"], Json({nullptr, -1.0}));
  EXPECT_EQ(told["points"]["high"], Json({nullptr, 0.0}));
  ASSERT_EQ(json["marks"].size(), 2U);
  EXPECT_EQ(json["marks"][0]["kind"], "deployment");
  EXPECT_EQ(json["marks"][0]["build"].get<std::string>().find('\n'), std::string::npos);
  EXPECT_EQ(json["marks"][1]["state"], "fail");
}

}  // namespace
}  // namespace weir::monitor
