// Rules with the engines of anomalies and forecasts.

#include <chrono>
#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "base/rng.h"
#include "monitor/rules/rule_words.h"
#include "tests/monitor/one_rule.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kStart{1'700'000'000s};

AlertRule Odd(AnomalySpec spec = {}) {
  AlertRule rule;
  rule.name = "Odd";
  rule.metric = "latency";
  rule.engine = spec;
  rule.annotations.emplace("summary", *AlertText::Parse("{{ why }}"));
  rule.annotations.emplace("band", *AlertText::Parse("{{ expected }}"));
  return rule;
}

// A value each 15 s.
class Stream {
 public:
  explicit Stream(tests::OneRule& rule) : rule_(rule) {}

  void Push(double value) {
    rule_.Put("latency", {{"host", "a"}}, value);
    rule_.Step(kStart + 15s * number_++);
  }

  void Usual(int count) {
    for (int i = 0; i < count; ++i) {
      Push(100 + 5 * rng_.Normal());
    }
  }

 private:
  tests::OneRule& rule_;
  Rng rng_{3};
  int number_ = 0;
};

TEST(AnomalyRuleTest, TellsTheBandThatWasExpectedAndEndsWhenTheValueIsBackInIt) {
  tests::OneRule rule(Odd());
  Stream stream(rule);
  stream.Usual(1000);
  ASSERT_FALSE(rule.Fires());
  stream.Push(200);
  stream.Push(200);
  EXPECT_FALSE(rule.Fires());  // Not three in a row yet.
  stream.Push(200);
  ASSERT_TRUE(rule.Fires());
  const std::string why = rule.Annotation("summary");
  EXPECT_TRUE(why.starts_with("200: expected ")) << why;
  EXPECT_NE(why.find(" to 1"), std::string::npos) << why;
  EXPECT_EQ(why.find(rule.Annotation("band")), std::string("200: expected ").size()) << why;
  stream.Push(200);
  EXPECT_TRUE(rule.Fires());
  stream.Usual(3);
  EXPECT_FALSE(rule.Fires());
}

TEST(AnomalyRuleTest, OneStrangeValueIsNoAlert) {
  tests::OneRule rule(Odd());
  Stream stream(rule);
  stream.Usual(1000);
  stream.Push(500);
  stream.Usual(1);
  stream.Push(500);
  stream.Usual(10);
  EXPECT_FALSE(rule.Fires());
}

TEST(AnomalyRuleTest, ANewLevelIsTheUsualOneAfterAWhile) {
  tests::OneRule rule(Odd());
  Stream stream(rule);
  stream.Usual(1000);
  for (std::uint32_t i = 0; i < AnomalyJudge::kAcceptAfter; ++i) {
    stream.Push(200);
  }
  EXPECT_TRUE(rule.Fires());
  stream.Push(200);
  EXPECT_FALSE(rule.Fires());
}

TEST(AnomalyRuleTest, ASideThatIsGoodIsNoAlert) {
  tests::OneRule rule(Odd({.side = AnomalySide::kHigh}));
  Stream stream(rule);
  stream.Usual(1000);
  for (int i = 0; i < 5; ++i) {
    stream.Push(10);
  }
  EXPECT_FALSE(rule.Fires());
}

// An engine that has to learn anew after a restart must not say that all is well.
TEST(AnomalyRuleTest, AnAlertOfAnEarlierProcessGoesOnWhileTheEngineWarmsUp) {
  tests::OneRule before(Odd());
  Stream stream(before);
  stream.Usual(1000);
  for (int i = 0; i < 3; ++i) {
    stream.Push(200);
  }
  ASSERT_TRUE(before.Fires());
  tests::OneRule after(Odd());
  for (const AlertInstance& alert : before.engine.TakeChanged()) {
    after.engine.Restore(alert);
  }
  Stream again(after);
  again.Usual(200);
  EXPECT_TRUE(after.Fires());
  again.Usual(10);
  EXPECT_FALSE(after.Fires());
}

TEST(AnomalyRuleTest, MoreLooksThanValuesAreAveraged) {
  tests::OneRule rule(Odd({.every = 60s}));
  Stream stream(rule);
  stream.Usual(200 * 4);
  EXPECT_FALSE(rule.Fires());
  stream.Usual(800);
  for (int i = 0; i < 12; ++i) {
    stream.Push(200);
  }
  EXPECT_TRUE(rule.Fires());
}

AlertRule Full(PredictSpec spec = {}) {
  AlertRule rule;
  rule.name = "Full";
  rule.metric = "disk";
  rule.threshold = {.side = BadSide::kAbove, .level = 100, .clear_level = {}};
  rule.engine = spec;
  rule.annotations.emplace("summary", *AlertText::Parse("{{ why }}"));
  rule.annotations.emplace("p", *AlertText::Parse("{{ probability }}"));
  return rule;
}

// A value each minute; `slope` in units an hour.
void Fill(tests::OneRule& rule, double from, double slope, int minutes) {
  Rng rng(5);
  for (int i = 0; i < minutes; ++i) {
    rule.Put("disk", {}, from + slope * i / 60 + 0.2 * rng.Normal());
    rule.Step(kStart + 60s * i);
  }
}

TEST(PredictRuleTest, TellsThatALimitWillBeCrossedAndWhen) {
  tests::OneRule rule(Full());
  Fill(rule, 60, 2, 6 * 60);  // At 72 after six hours, across in fourteen more.
  EXPECT_FALSE(rule.Fires());
  tests::OneRule faster(Full());
  Fill(faster, 60, 5.8, 6 * 60);  // At 95, across within an hour.
  ASSERT_TRUE(faster.Fires());
  const std::string why = faster.Annotation("summary");
  EXPECT_NE(why.find("crosses 100 within 4h with a probability of "), std::string::npos) << why;
  EXPECT_NE(why.find("more likely than not in "), std::string::npos) << why;
  EXPECT_NE(why.find(faster.Annotation("p")), std::string::npos) << why;
}

TEST(PredictRuleTest, SaysNothingOfWhatItKnowsTooLittle) {
  tests::OneRule rule(Full());
  Fill(rule, 90, 60, 9);
  EXPECT_FALSE(rule.Fires());
}

TEST(PredictRuleTest, AValueThatIsAcrossIsAnAlertAtOnce) {
  tests::OneRule rule(Full());
  Fill(rule, 101, 0, 1);
  ASSERT_TRUE(rule.Fires());
  EXPECT_EQ(rule.Annotation("p"), "100 %");
}

// Forecasts are dear: a rule on many series makes them one after another.
TEST(PredictRuleTest, ManySeriesWaitForTheirForecastsInTurn) {
  constexpr std::size_t kSeries = RuleEngine::kWorkPerStep + 2;
  PredictSpec spec;
  spec.within = 60s;
  spec.every = 10s;
  tests::OneRule rule(Full(spec));
  Nanos at{0};
  const auto look = [&] {
    for (std::size_t host = 0; host < kSeries; ++host) {
      rule.Put("disk", {{"host", std::to_string(host)}}, 50 + static_cast<double>(CountNs(at) % 7));
    }
    rule.Step(kStart + at);
    at += 10s;
  };
  for (std::size_t i = 0; i < PredictJudge::kWarmUp; ++i) {
    look();
    ASSERT_EQ(rule.engine.work_waiting(), 0U);
  }
  look();
  EXPECT_EQ(rule.engine.work_waiting(), 2U);
  look();
  EXPECT_EQ(rule.engine.work_waiting(), 2U);
}

TEST(RuleWordsTest, EveryKindOfRuleSaysWhatItDoes) {
  constexpr std::string_view kSources[] = {"shop"};
  const auto words = [&](const AlertRule& rule) { return DescribeRule(rule, kSources); };
  AlertRule plain;
  plain.metric = "errors_total";
  plain.window = {WindowTake::kRate, 5min};
  plain.threshold = {.side = BadSide::kAtLeast, .level = 0.05, .clear_level = 0.02};
  plain.timing = {.hold = 90s, .keep_firing = 1h};
  EXPECT_EQ(words(plain),
            "shop errors_total, rate of 5m: at least 0.05 (clear at 0.02) for 1m30s, kept for 1h");
  AlertRule burn;
  BurnRateSpec spec;
  spec.bad.metric = "bad";
  spec.total.metric = "all";
  burn.engine = spec;
  EXPECT_EQ(words(burn),
            "shop bad of all: more than 0.1 % of requests fail, burning 14.4 times as fast over 1h "
            "and 5m, or 6 times as fast over 6h and 30m");
  plain.matchers = {*LabelMatcher::Parse("kind!=planned"), *LabelMatcher::Parse(R"(a=~"x|\"y")")};
  EXPECT_EQ(words(plain).substr(0, 50), R"(shop errors_total{kind!="planned",a=~"x|\"y"}, rat)");
  EXPECT_EQ(words(Odd()),
            "shop latency: not as it was before for 3 values in a row, one each 15s; margin 4.6 %, "
            "after 50m of warming up");
  EXPECT_EQ(words(Full()),
            "shop disk: above 100 within 4h with a probability of 80 %; forecast each 4m, after 2h "
            "of values");
}

}  // namespace
}  // namespace weir::monitor
