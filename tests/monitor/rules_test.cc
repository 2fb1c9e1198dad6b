#include <chrono>
#include <cmath>
#include <memory>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "monitor/rules/alert_text.h"
#include "monitor/rules/rule_engine.h"
#include "monitor/rules/sample_window.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kStart{1'000'000s};

TEST(AlertTextTest, FillsInValueAndLabels) {
  const auto text =
      AlertText::Parse("{{ value }} = {{$value|percent}} on {{ $labels.job }}{{labels.x}}!");
  ASSERT_TRUE(text) << text.error().message;
  const Labels labels = {{"job", "shop"}};
  EXPECT_EQ(text->Render({0.05, labels}), "0.05 = 5 % on shop!");
}

TEST(AlertTextTest, FillsInWhatAnEngineSays) {
  const auto text = AlertText::Parse("{{ why }} [{{ expected }}] ({{ $probability }})");
  ASSERT_TRUE(text) << text.error().message;
  const Labels labels;
  EXPECT_EQ(text->Render({.value = 1,
                          .labels = labels,
                          .expected = Interval{0.5, 2},
                          .probability = 0.834,
                          .why = "new"}),
            "new [0.5 to 2] (83 %)");
  EXPECT_EQ(text->Render({1, labels}), " [] ()");
}

TEST(AlertTextTest, SpansAreWrittenAsInAFile) {
  EXPECT_EQ(FormatAlertSpan(0s), "0");
  EXPECT_EQ(FormatAlertSpan(1500ms), "1s500ms");
  EXPECT_EQ(FormatAlertSpan(90min), "1h30m");
  EXPECT_EQ(FormatAlertSpan(72h), "3d");
  EXPECT_EQ(FormatAlertSpan(25h + 1s), "1d1h");
}

TEST(AlertTextTest, RefusesOtherSlots) {
  EXPECT_EQ(AlertText::Parse("{{ humanize 3 }}").error().message,
            "'{{ humanize 3 }}' is not known here; write {{ value }}, {{ value | percent }} or "
            "{{ labels.NAME }}; of an engine also {{ expected }}, {{ probability }} or {{ why }}");
  EXPECT_FALSE(AlertText::Parse("{{ value"));
}

TEST(SampleWindowTest, RateCountsOverARestart) {
  const WindowSpec spec{.take = WindowTake::kRate, .span = 60s};
  SampleWindow window;
  EXPECT_EQ(window.Take(spec), std::nullopt);
  window.Add(spec, kStart, 100);
  EXPECT_EQ(window.Take(spec), std::nullopt);
  window.Add(spec, kStart + 10s, 150);
  window.Add(spec, kStart + 20s, 30);  // Restarted: 30 since.
  EXPECT_EQ(window.Take(spec), 80.0 / 20);
  window.Add(spec, kStart + 75s, 30);  // The first two are out of the window.
  EXPECT_EQ(window.Take(spec), 0.0);
}

TEST(SampleWindowTest, TakesMeanMinimumAndMaximumAndNoNan) {
  const auto take = [](WindowTake what) {
    const WindowSpec spec{.take = what, .span = 60s};
    SampleWindow window;
    window.Add(spec, kStart, 1);
    window.Add(spec, kStart + 1s, std::nan(""));
    window.Add(spec, kStart + 2s, 5);
    return window.Take(spec);
  };
  EXPECT_EQ(take(WindowTake::kMean), 3.0);
  EXPECT_EQ(take(WindowTake::kMin), 1.0);
  EXPECT_EQ(take(WindowTake::kMax), 5.0);
  EXPECT_EQ(take(WindowTake::kLast), 5.0);
}

TEST(SampleWindowTest, ALongWindowBecomesCoarserAndNotLarger) {
  const WindowSpec spec{.take = WindowTake::kRate, .span = 24h};
  SampleWindow window;
  for (int i = 0; i < 20'000; ++i) {
    window.Add(spec, kStart + i * 1s, 3.0 * i);
  }
  EXPECT_DOUBLE_EQ(*window.Take(spec), 3.0);
}

// One source with samples that a test sets.
class Watch {
 public:
  explicit Watch(AlertRule rule) : engine(std::vector<AlertRule>{std::move(rule)}) {}

  void Put(const std::string& host, double value) {
    auto& name = names_[host];
    if (name == nullptr) {
      name = std::make_shared<const SeriesName>(SeriesName{"errors", {{"host", host}}});
    }
    reading_.samples.push_back({name, value});
  }

  /// What was put comes in, and rules are evaluated.
  void Step(Nanos at, bool stale = false) {
    const SourceView view{.reading = &reading_, .at = kStart + at, .stale = stale};
    engine.Evaluate(kStart + at, {&view, 1});
    reading_ = {};
  }

  std::string Phase(const std::string& host) const {
    const AlertInstance* alert =
        engine.Find({{"alertname", "High"}, {"host", host}, {"severity", "page"}});
    return alert == nullptr ? "none" : std::string(AlertPhaseName(alert->state.phase));
  }

  RuleEngine engine;

 private:
  std::map<std::string, std::shared_ptr<const SeriesName>> names_;
  Reading reading_;
};

AlertRule High() {
  AlertRule rule;
  rule.name = "High";
  rule.metric = "errors";
  rule.threshold = {.side = BadSide::kAbove, .level = 10, .clear_level = 5.0};
  rule.timing.hold = 2s;
  rule.labels = {{"severity", "page"}};
  rule.annotations.emplace("summary", *AlertText::Parse("{{ labels.host }}: {{ value }}"));
  return rule;
}

TEST(RuleEngineTest, EachSeriesIsAnAlertOfItsOwn) {
  Watch watch(High());
  for (const Nanos at : {Nanos(0s), Nanos(1s), Nanos(2s)}) {
    watch.Put("a", 11);
    watch.Put("b", 9);
    watch.Step(at);
  }
  EXPECT_EQ(watch.Phase("a"), "firing");
  EXPECT_EQ(watch.Phase("b"), "inactive");
  ASSERT_EQ(watch.engine.Firing().size(), 1U);
  EXPECT_EQ(LabelValue(watch.engine.Find(watch.engine.Firing()[0])->annotations, "summary"),
            "a: 11");
}

// As Prometheus does: a message that is repeated hours later would tell of what was.
TEST(RuleEngineTest, AnnotationsAreOfTheNewestValueThatIsBad) {
  Watch watch(High());
  const auto summary = [&watch] {
    std::string text;
    watch.engine.Visit(
        [&text](const AlertInstance& alert) { text = LabelValue(alert.annotations, "summary"); });
    return text;
  };
  for (const auto& [at, value, told] :
       {std::tuple(Nanos(0s), 11, ""), std::tuple(Nanos(1s), 12, ""),
        std::tuple(Nanos(2s), 13, "a: 13"), std::tuple(Nanos(3s), 14, "a: 14"),
        std::tuple(Nanos(4s), 7, "a: 7"),  // Above what ends it.
        std::tuple(Nanos(5s), 4, "a: 7"), std::tuple(Nanos(6s), 20, "a: 7")}) {
    watch.Put("a", value);
    watch.Step(at);
    EXPECT_EQ(summary(), told) << at.count();
  }
}

TEST(RuleEngineTest, ASeriesThatIsGoneResolvesAndIsForgottenOnceItIsTold) {
  Watch watch(High());
  for (const Nanos at : {Nanos(0s), Nanos(2s)}) {
    watch.Put("a", 11);
    watch.Step(at);
  }
  watch.Step(3s);
  EXPECT_EQ(watch.Phase("a"), "inactive");
  EXPECT_TRUE(watch.engine.Forget([](const Labels&) { return true; }).empty());
  EXPECT_EQ(watch.engine.Forget([](const Labels&) { return false; }).size(), 1U);
  EXPECT_EQ(watch.Phase("a"), "none");
}

// What a source that fails said last is neither good nor bad news.
TEST(RuleEngineTest, AStaleSourceLeavesItsAlertsAsTheyAre) {
  Watch watch(High());
  for (const Nanos at : {Nanos(0s), Nanos(2s)}) {
    watch.Put("a", 11);
    watch.Step(at);
  }
  watch.Step(600s, true);
  EXPECT_EQ(watch.Phase("a"), "firing");
}

// After a restart one sample makes no rate: that is not the end of the alert.
TEST(RuleEngineTest, ARestoredAlertWaitsForItsFirstRate) {
  AlertRule rule = High();
  rule.window = {WindowTake::kRate, 60s};
  Watch before(rule);
  for (int i = 0; i < 4; ++i) {
    before.Put("a", 100.0 * i);
    before.Step(i * 1s);
  }
  ASSERT_EQ(before.Phase("a"), "firing");
  Watch after(rule);
  for (const AlertInstance& alert : before.engine.TakeChanged()) {
    after.engine.Restore(alert);
  }
  after.Put("a", 400);
  after.Step(4s);
  EXPECT_EQ(after.Phase("a"), "firing");
  after.Put("a", 400);
  after.Step(5s);
  EXPECT_EQ(after.Phase("a"), "inactive");
}

TEST(RuleEngineTest, GoesOnFromARestoredAlert) {
  Watch before(High());
  before.Put("a", 11);
  before.Step(0s);
  Watch after(High());
  for (const AlertInstance& alert : before.engine.TakeChanged()) {
    after.engine.Restore(alert);
  }
  EXPECT_EQ(after.Phase("a"), "pending");
  after.Put("a", 11);
  after.Step(2s);  // Of the two seconds, most were before the restart.
  EXPECT_EQ(after.Phase("a"), "firing");
}

}  // namespace
}  // namespace weir::monitor
