// What rules learn from the past of a server.

#include "monitor/history_learner.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNow{1'700'000'000s};

SourceSpec Prom(Nanos interval) {
  SourceSpec source;
  source.name = "prom";
  source.kind = SourceKind::kPrometheus;
  source.queries = {"up"};
  source.timing.interval = interval;
  return source;
}

AlertRule RuleWith(RuleEngineSpec engine) {
  AlertRule rule;
  rule.name = "Odd";
  rule.engine = std::move(engine);
  rule.threshold = {.side = BadSide::kAbove, .level = 150, .clear_level = 150};
  for (const char* field : {"why", "expected", "probability", "value"}) {
    rule.annotations.emplace(field, *AlertText::Parse("{{ " + std::string(field) + " }}"));
  }
  return rule;
}

// A server with random series, some of which come and go, and jump.
class Past {
 public:
  explicit Past(std::uint64_t seed, std::size_t series) : seed_(seed) {
    for (std::size_t i = 0; i < series; ++i) {
      names_.push_back(
          std::make_shared<const SeriesName>(SeriesName{"", {{"host", std::to_string(i)}}}));
    }
  }

  // The same at the same instant, whoever asks.
  Reading At(WallTime at) const {
    Reading reading;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const auto second = static_cast<std::uint64_t>(CountNs(at) / 1'000'000'000);
      Rng rng(seed_ * 1'000'003 + second * 31 + i);
      const bool away = i % 3 == 2 && (second / 997) % 5 == 0;
      const bool jumped = (second / 2000 + i) % 9 == 0;
      const double value =
          100 + 5 * rng.Normal() + (jumped ? 60 : 0) + static_cast<double>(second % 7'000) / 300;
      if (!away) {
        reading.Ingest({names_[i],
                        rng.Uniform() < 0.01 ? std::numeric_limits<double>::quiet_NaN() : value,
                        0});
      }
    }
    return reading;
  }

  tl::expected<RangeAnswer, HistoryTrouble> Answer(const HistoryAsk& ask) {
    asked_.push_back(ask);
    RangeAnswer past{.looks = {}, .series = names_.size(), .ledger = {}};
    for (std::size_t i = 0; i < ask.instants; ++i) {
      const WallTime at = ask.from + ask.step * static_cast<Nanos::rep>(i);
      past.looks.push_back({at, At(at)});
      past.ledger.Add(past.looks.back().reading.ledger);
    }
    return past;
  }

  const std::vector<HistoryAsk>& asked() const { return asked_; }

 private:
  std::uint64_t seed_;
  std::vector<std::shared_ptr<const SeriesName>> names_;
  std::vector<HistoryAsk> asked_;
};

bool Never() {
  return false;
}

std::map<Labels, std::pair<AlertPhase, Labels>> StateOf(const RuleEngine& engine) {
  std::map<Labels, std::pair<AlertPhase, Labels>> all;
  engine.Visit([&all](const AlertInstance& alert) {
    all[alert.labels] = {alert.state.phase, alert.annotations};
  });
  return all;
}

void Evaluate(RuleEngine& engine, WallTime at, const Reading& reading) {
  const SourceView view{.reading = &reading, .at = at, .stale = false};
  engine.Evaluate(at, {&view, 1});
}

// How many alerts fired.
int CompareWithLive(const AlertRule& rule, std::uint64_t seed, int looks = 400) {
  const SourceSpec source = Prom(15s);
  Past server(seed, 4);
  HistoryLesson lesson({0, rule, "up"}, source,
                       [&](const HistoryAsk& ask) { return server.Answer(ask); });
  auto learnt = lesson.Learn([] { return kNow; }, Never);
  EXPECT_TRUE(learnt);
  EXPECT_TRUE(learnt->ledger.Balanced());
  RuleEngine live({rule});
  for (const HistoryAsk& ask : server.asked()) {
    for (std::size_t i = 0; i < ask.instants; ++i) {
      const WallTime at = ask.from + ask.step * static_cast<Nanos::rep>(i);
      // One that only learns has no alerts: series that are gone are forgotten at once.
      live.Learn(at, server.At(at));
    }
  }
  RuleEngine late({rule});
  late.TakeUp(0, std::move(learnt->engine));
  int fired = 0;
  for (int i = 1; i <= looks; ++i) {
    const WallTime at = kNow + 15s * i;
    const Reading reading = server.At(at);
    Evaluate(live, at, reading);
    Evaluate(late, at, reading);
    EXPECT_EQ(StateOf(live), StateOf(late)) << "seed " << seed << ", look " << i;
    fired += static_cast<int>(late.Firing().size());
  }
  return fired;
}

TEST(HistoryLessonTest, WhatIsLearntFromThePastIsWhatLiveLooksWouldHaveTaught) {
  PredictSpec predict{.within = 1h, .every = 1min, .probability = 0.8};
  AlertRule window = RuleWith({});
  window.window = {.take = WindowTake::kMean, .span = 10min};
  window.threshold.level = 130;
  window.threshold.clear_level = 130;
  int fired = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    fired += CompareWithLive(RuleWith(AnomalySpec{.period = 0s}), seed);
    fired += CompareWithLive(window, seed);
  }
  EXPECT_GT(fired, 100);
  CompareWithLive(RuleWith(predict), 1, 40);  // A forecast takes its time.
}

// Live evaluation itself, not only its taking in: a series that is always there.
TEST(HistoryLessonTest, AnAlertOfNowComesAtOnceAndOneOfThePastNever) {
  const AlertRule rule = RuleWith(AnomalySpec{.period = 0s});
  const auto name = std::make_shared<const SeriesName>(SeriesName{"", {{"host", "a"}}});
  const auto value_at = [](WallTime at) {
    Rng rng(static_cast<std::uint64_t>(CountNs(at)));
    const bool past_fault = at > kNow - 60min && at < kNow - 50min;
    const bool fault = at > kNow - 2min;
    return 100 + rng.Normal() + (past_fault ? -50 : 0) + (fault ? 50 : 0);
  };
  RuleEngine live({rule});
  RuleEngine learner({rule});
  bool past_fired = false;
  for (WallTime at = kNow - 150min; at <= kNow; at += 15s) {
    Reading reading;
    reading.Ingest({name, value_at(at), 0});
    Evaluate(live, at, reading);
    past_fired = past_fired || (at < kNow - 50min && !live.Firing().empty());
    learner.Learn(at, reading);
    EXPECT_TRUE(learner.Firing().empty());
    EXPECT_TRUE(learner.TakeChanged().empty());
  }
  EXPECT_TRUE(past_fired);
  RuleEngine late({rule});
  late.TakeUp(0, std::move(learner));
  Reading reading;
  reading.Ingest({name, value_at(kNow + 15s), 0});
  Evaluate(live, kNow + 15s, reading);
  Evaluate(late, kNow + 15s, reading);
  ASSERT_EQ(live.Firing().size(), 1U);
  EXPECT_EQ(late.Firing(), live.Firing());
  const auto band = [](const RuleEngine& engine) {
    return engine.Find(engine.Firing()[0])->annotations.at("expected");
  };
  EXPECT_EQ(band(late), band(live)) << "that of before it began";
}

// What live looks have begun goes on, and a look that is older than the past is not taken twice.
TEST(RuleEngineTest, WhatWasLearntWaitsForALaterLookAndLeavesAlertsAsTheyAre) {
  AlertRule rule = RuleWith({});
  rule.window = {.take = WindowTake::kMean, .span = 10min};
  const auto name = std::make_shared<const SeriesName>(SeriesName{"", {{"host", "a"}}});
  const auto with = [&](double value) {
    Reading reading;
    reading.Ingest({name, value, 0});
    return reading;
  };
  RuleEngine engine({rule});
  Evaluate(engine, kNow, with(200));
  ASSERT_EQ(engine.Firing().size(), 1U);
  RuleEngine learner({rule});
  for (int i = -40; i <= 2; ++i) {
    learner.Learn(kNow + 15s * i, with(10));
  }
  engine.TakeUp(0, std::move(learner));
  Evaluate(engine, kNow, with(200));
  Evaluate(engine, kNow + 15s, with(200));
  EXPECT_EQ(engine.Firing().size(), 1U);
  Evaluate(engine, kNow + 45s, with(200));
  EXPECT_TRUE(engine.Firing().empty());
  ASSERT_EQ(engine.TakeChanged().size(), 1U);
}

// Tracks are counted over all rules: those that came with the past, too.
TEST(RuleEngineTest, SeriesThatComeAfterLearntOnesAreGoneAreDrawn) {
  AlertRule rule = RuleWith({});
  rule.window = {.take = WindowTake::kMean, .span = 10min};
  const auto with = [](const std::string& host) {
    Reading reading;
    reading.Ingest({std::make_shared<const SeriesName>(SeriesName{"", {{"host", host}}}), 10, 0});
    return reading;
  };
  RuleEngine engine({rule});
  RuleEngine learner({rule});
  learner.Learn(kNow, with("a"));
  engine.TakeUp(0, std::move(learner));
  Evaluate(engine, kNow + 15s, with("a"));
  Evaluate(engine, kNow + 30s, {});
  engine.Forget([](const Labels& /*labels*/) { return false; });
  Evaluate(engine, kNow + 45s, with("c"));
  std::size_t drawn = 0;
  engine.VisitSeries([&](const SeriesView& view) {
    drawn += view.alert.labels.at("host") == "c" && view.track != nullptr ? 1U : 0U;
  });
  EXPECT_EQ(drawn, 1U);
}

TEST(HistoryLessonTest, AsksInPartsThatLeaveNoInstantOut) {
  SourceSpec source = Prom(1s);
  const AlertRule rule = RuleWith(AnomalySpec{.every = 15s, .period = 24h});
  Past server(1, 1);
  std::size_t refused = 0;
  WallTime now = kNow;
  HistoryLesson lesson({0, rule, "up"}, source,
                       [&](const HistoryAsk& ask) -> tl::expected<RangeAnswer, HistoryTrouble> {
                         now += 2s;
                         if (ask.instants > 900) {
                           ++refused;
                           return tl::unexpected(HistoryTrouble{"too large", true});
                         }
                         return server.Answer(ask);
                       });
  const auto plan = PlanHistory(rule, source, HistoryLesson::kInstantsMax);
  ASSERT_TRUE(plan);
  EXPECT_EQ(*plan, (HistoryPlan{5s, 34'560}));  // Two days; each second would be too many.
  const auto learnt = lesson.Learn([&] { return now; }, Never);
  ASSERT_TRUE(learnt);
  EXPECT_GT(refused, 0U);
  WallTime next = server.asked().front().from;
  EXPECT_EQ(next, kNow - 5s * 34'559);
  for (const HistoryAsk& ask : server.asked()) {
    EXPECT_EQ(ask.from, next);
    EXPECT_EQ(ask.step, 5s);
    next += ask.step * static_cast<Nanos::rep>(ask.instants);
  }
  EXPECT_LT(now - next, 30s) << "what came meanwhile";
  EXPECT_LE(next - 5s, now);
}

TEST(HistoryLessonTest, GrowsItsPartsUpToWhatAServerAnswers) {
  const AlertRule rule = RuleWith(AnomalySpec{.period = 24h});
  const SourceSpec source = Prom(5s);
  Past server(1, 1);
  HistoryLesson lesson({0, rule, "up"}, source,
                       [&](const HistoryAsk& ask) { return server.Answer(ask); });
  ASSERT_TRUE(lesson.Learn([] { return kNow; }, Never));
  std::size_t largest = 0;
  for (const HistoryAsk& ask : server.asked()) {
    largest = std::max(largest, ask.instants);
  }
  EXPECT_EQ(largest, HistoryLesson::kInstantsPerAsk);
  EXPECT_LT(server.asked().size(), 10U);
}

TEST(HistoryLessonTest, OfManySeriesItAsksForLess) {
  const AlertRule rule = RuleWith(AnomalySpec{.period = 24h});
  const SourceSpec source = Prom(5s);
  constexpr std::size_t kSeries = 4'000;
  Past server(1, 1);
  const auto name = std::make_shared<const SeriesName>();
  std::size_t instants = 0;
  HistoryLesson lesson({0, rule, "up"}, source, [&](const HistoryAsk& ask) {
    instants += ask.instants;
    auto past = server.Answer(ask);
    past->series = kSeries;  // Only said: to make them would take long.
    return past;
  });
  const auto learnt = lesson.Learn([] { return kNow; }, Never);
  ASSERT_TRUE(learnt);
  EXPECT_LE((instants - 500) * kSeries, HistoryLesson::kSamplesMax);
  EXPECT_EQ(learnt->ledger.dropped.at("too_much_history"), 500U);
  EXPECT_TRUE(learnt->ledger.Balanced());
}

TEST(HistoryLessonTest, AServerThatDoesNotAnswerIsSaidAndNotAskedForEver) {
  const AlertRule rule = RuleWith(AnomalySpec{});
  const SourceSpec source = Prom(15s);
  for (const bool may_be_large : {false, true}) {
    int asked = 0;
    HistoryLesson lesson({0, rule, "up"}, source,
                         [&](const HistoryAsk&) -> tl::expected<RangeAnswer, HistoryTrouble> {
                           ++asked;
                           return tl::unexpected(HistoryTrouble{"it answers 422", may_be_large});
                         });
    const auto learnt = lesson.Learn([] { return kNow; }, Never);
    ASSERT_FALSE(learnt);
    EXPECT_EQ(learnt.error().message, "it answers 422");
    EXPECT_EQ(asked, may_be_large ? 4 : 1);
  }
}

TEST(PlanHistoryTest, AsksForWhatTheEngineNeeds) {
  const SourceSpec source = Prom(15s);
  const auto plan = [&](const AlertRule& rule) { return PlanHistory(rule, source, 40'000); };
  EXPECT_EQ(plan(RuleWith(AnomalySpec{.period = 0s})), (HistoryPlan{15s, 600}));
  EXPECT_EQ(plan(RuleWith(AnomalySpec{})), (HistoryPlan{15s, 2 * 24 * 240}));
  EXPECT_EQ(plan(RuleWith(PredictSpec{})), (HistoryPlan{15s, 4 * 4 * 240 + 16}));
  EXPECT_EQ(plan(RuleWith({})), std::nullopt);
  EXPECT_EQ(plan(RuleWith(BurnRateSpec{})), std::nullopt);
  AlertRule window = RuleWith({});
  window.window = {.take = WindowTake::kRate, .span = 10min};
  EXPECT_EQ(plan(window), (HistoryPlan{15s, 40}));
  SourceSpec off = Prom(15s);
  off.learn = 0s;
  EXPECT_EQ(PlanHistory(RuleWith(AnomalySpec{}), off, 40'000), std::nullopt);
  off.learn = 1h;
  EXPECT_EQ(PlanHistory(RuleWith(AnomalySpec{}), off, 40'000), (HistoryPlan{15s, 240}));
  SourceSpec page = Prom(15s);
  page.kind = SourceKind::kScrape;
  EXPECT_EQ(PlanHistory(RuleWith(AnomalySpec{}), page, 40'000), std::nullopt);
}

TEST(ReadPrometheusRangeTest, TurnsSeriesIntoLooksAndCountsWhatIsWrong) {
  const auto past = ReadPrometheusRange(
      R"({"status":"success","data":{"resultType":"matrix","result":[
        {"metric":{"host":"a"},"values":[[10,"1"],[20.5,"NaN"],[30,"+Inf"],[40,"x"],[50]]},
        {"metric":{"host":"b"},"values":[[20.5,"2"],[30,"-Inf"]]},
        {"metric":{"host":7},"values":[[10,"1"]]}, 5]}})");
  ASSERT_TRUE(past) << past.error().message;
  ASSERT_EQ(past->looks.size(), 3U);
  EXPECT_EQ(past->looks[1].at, WallTime(20'500ms));
  ASSERT_EQ(past->looks[1].reading.samples.size(), 2U);
  EXPECT_TRUE(std::isnan(past->looks[1].reading.samples[0].value));
  EXPECT_EQ(past->looks[2].reading.samples[1].value, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(past->ledger.ingested, 5U);
  EXPECT_EQ(past->ledger.rejected.at("malformed"), 4U);
  EXPECT_TRUE(past->ledger.Balanced());
  const auto empty =
      ReadPrometheusRange(R"({"status":"success","data":{"resultType":"matrix","result":[]}})");
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->looks.empty());
  EXPECT_FALSE(ReadPrometheusRange(R"({"status":"success","data":{"resultType":"vector",)"
                                   R"("result":[]}})"));
  EXPECT_FALSE(ReadPrometheusRange("<html>"));
}

}  // namespace
}  // namespace weir::monitor
