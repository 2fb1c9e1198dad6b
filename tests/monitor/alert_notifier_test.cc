#include "monitor/alerts/alert_notifier.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "tests/support/manual_clock.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

LabelMatcher Matcher(std::string_view text) {
  const Result<LabelMatcher> matcher = LabelMatcher::Parse(text);
  EXPECT_TRUE(matcher) << text;
  return *matcher;
}

RoutingTree Tree(std::vector<std::string> group_by, Nanos group_wait = 0s) {
  RouteSpec root{.receiver = "all"};
  root.group_by = std::move(group_by);
  root.group_wait = group_wait;
  const std::vector<std::string> receivers = {"all"};
  const Result<RoutingTree> tree = RoutingTree::Create(root, receivers);
  EXPECT_TRUE(tree);
  return *tree;
}

class AlertNotifierTest : public testing::Test {
 protected:
  std::vector<Notification> Evaluate(const std::vector<Labels>& alerts) {
    return StepNotifications(policy_,
                             {.at = clock_.WallNow(),
                              .alerts = alerts,
                              .silences = silences_,
                              .acknowledged = &acknowledged_},
                             state_);
  }

  std::vector<Notification> EvaluateAfter(Nanos span, const std::vector<Labels>& alerts) {
    clock_.Advance(span);
    return Evaluate(alerts);
  }

  tests::ManualClock clock_;
  NotificationPolicy policy_{.routes = Tree({"service"}), .inhibit_rules = {}};
  std::vector<Silence> silences_;
  std::set<Labels> acknowledged_;
  NotifierState state_;

  const Labels slow_ = {{"alertname", "Slow"}, {"service", "cart"}, {"severity", "warning"}};
  const Labels down_ = {{"alertname", "Down"}, {"service", "cart"}, {"severity", "critical"}};
  const Labels other_ = {{"alertname", "Slow"}, {"service", "shop"}, {"severity", "warning"}};
};

TEST_F(AlertNotifierTest, AlertsOfOneBatchAreToldInTheirGroupsAtOnce) {
  const auto due = Evaluate({slow_, other_, down_});
  ASSERT_EQ(due.size(), 2U);
  EXPECT_EQ(due[0].receiver, "all");
  EXPECT_EQ(due[0].reason, NotifyReason::kFirst);
  EXPECT_EQ(due[0].group, (Labels{{"service", "cart"}}));
  EXPECT_EQ(due[0].firing, (std::vector<Labels>{down_, slow_}));
  EXPECT_EQ(due[1].firing, std::vector<Labels>{other_});
  EXPECT_TRUE(EvaluateAfter(1s, {slow_, other_, down_}).empty());
}

// Routes "day" and, after it, "night", of all alerts of the service cart; others go to "all".
NotificationPolicy WithHours(const TimeInterval& nights) {
  RouteSpec root{.receiver = "all"};
  root.group_by = {{"service"}};
  RouteSpec day{.matchers = {Matcher("service=cart")}, .receiver = "day"};
  day.mute_times = {0};
  day.continues = true;
  RouteSpec night{.matchers = {Matcher("service=cart"), Matcher("severity=critical")},
                  .receiver = "night"};
  night.active_times = {0};
  root.routes = {day, night};
  const std::vector<std::string> receivers = {"all", "day", "night"};
  const Result<RoutingTree> tree = RoutingTree::Create(root, receivers);
  EXPECT_TRUE(tree);
  return {.routes = *tree, .inhibit_rules = {}, .intervals = {nights}};
}

class HoursTest : public AlertNotifierTest {
 protected:
  HoursTest() {
    policy_ = WithHours({.name = "night",
                         .specs = {{.times = {*ParseDayTimes("00:00", "06:00"),
                                              *ParseDayTimes("22:00", "24:00")}}}});
  }

  std::vector<Notification> EvaluateAt(Nanos time_of_day, const std::vector<Labels>& alerts) {
    const WallTime today(std::chrono::floor<std::chrono::days>(start_.time_since_epoch()));
    return EvaluateAfter(today + 24h + time_of_day - clock_.WallNow(), alerts);
  }

  const WallTime start_ = clock_.WallNow();
};

TEST_F(HoursTest, WhatBeginsWhileItsRouteIsMutedIsToldWhenThatEnds) {
  EXPECT_TRUE(EvaluateAt(23h, {slow_}).empty());
  EXPECT_EQ(MutedBy(policy_, {clock_.WallNow(), {}, {}}, slow_), MuteReason::kTimeInterval);
  EXPECT_TRUE(EvaluateAt(30h - 1s, {slow_}).empty());
  const auto due = EvaluateAt(30h, {slow_});
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].receiver, "day");
  EXPECT_EQ(due[0].reason, NotifyReason::kFirst);
  EXPECT_EQ(MutedBy(policy_, {clock_.WallNow(), {}, {}}, slow_), MuteReason::kNotMuted);
}

TEST_F(HoursTest, EachRouteHasItsHoursAndOthersHaveNone) {
  const auto by_night = EvaluateAt(23h, {down_, other_});
  ASSERT_EQ(by_night.size(), 2U);
  EXPECT_EQ(by_night[0].receiver, "all");
  EXPECT_EQ(by_night[1].receiver, "night");
  const std::vector<Labels> firing = {slow_, down_};
  EXPECT_EQ(MutesOf(policy_, {clock_.WallNow(), firing, {}}),
            (std::vector<MuteReason>{MuteReason::kTimeInterval, MuteReason::kNotMuted}));
  const auto by_day = EvaluateAt(30h, {down_, other_});
  ASSERT_FALSE(by_day.empty());
  EXPECT_EQ(by_day.back().receiver, "day");
}

TEST_F(HoursTest, TheEndOfWhatWasToldIsToldAtAnyHourAndWhatGoesOnIsRepeatedAfterwards) {
  EXPECT_EQ(EvaluateAt(21h, {slow_}).size(), 1U);
  EXPECT_TRUE(EvaluateAt(29h, {slow_}).empty());  // Else a repeat.
  const auto repeat = EvaluateAt(30h, {slow_});
  ASSERT_EQ(repeat.size(), 1U);
  EXPECT_EQ(repeat[0].reason, NotifyReason::kRepeat);
  EXPECT_TRUE(EvaluateAt(46h, {slow_}).empty());
  const auto end = EvaluateAt(47h, {});
  ASSERT_EQ(end.size(), 1U);
  EXPECT_EQ(end[0].reason, NotifyReason::kAllResolved);
  EXPECT_EQ(end[0].receiver, "day");
}

TEST_F(AlertNotifierTest, FiveHundredTimesTheSameAlertIsOneMessage) {
  EXPECT_EQ(Evaluate(std::vector<Labels>(500, slow_)).size(), 1U);
  std::size_t messages = 0;
  for (int i = 0; i < 500; ++i) {
    messages += EvaluateAfter(10ms, {slow_}).size();
  }
  EXPECT_EQ(messages, 0U);
}

TEST_F(AlertNotifierTest, WhatIsInhibitedInTheSameBatchIsNeverTold) {
  policy_.inhibit_rules = {
      {{Matcher("severity=critical")}, {Matcher("severity=warning")}, {"service"}}};
  const auto due = Evaluate({slow_, down_, other_});
  ASSERT_EQ(due.size(), 2U);
  EXPECT_EQ(due[0].firing, std::vector<Labels>{down_});
  EXPECT_EQ(due[1].firing, std::vector<Labels>{other_});
  // The warning outlives what inhibited it, and is told then.
  const auto after = EvaluateAfter(5min, {slow_, other_});
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(after[0].reason, NotifyReason::kNewAlerts);
  EXPECT_EQ(after[0].firing, std::vector<Labels>{slow_});
  EXPECT_EQ(after[0].resolved, std::vector<Labels>{down_});
}

TEST_F(AlertNotifierTest, NothingInhibitsItself) {
  policy_.inhibit_rules = {{{Matcher("service=cart")}, {Matcher("service=cart")}, {}}};
  const auto due = Evaluate({slow_, down_});
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].firing.size(), 2U);
}

TEST_F(AlertNotifierTest, ASilenceHoldsForItsTime) {
  const WallTime now = clock_.WallNow();
  silences_ = {{{Matcher("service=cart")}, now + 1s, now + 10s}};
  EXPECT_EQ(Evaluate({other_}).size(), 1U);
  EXPECT_TRUE(EvaluateAfter(1s, {slow_, other_}).empty());
  EXPECT_EQ(MutedBy(policy_, {clock_.WallNow(), {}, silences_}, slow_), MuteReason::kSilenced);
  EXPECT_EQ(EvaluateAfter(9s, {slow_, other_}).size(), 1U);
}

TEST_F(AlertNotifierTest, WhoWasToldOfAnAlertIsToldOfItsEndThoughItIsSilenced) {
  Evaluate({slow_});
  silences_ = {{{Matcher("service=cart")}, clock_.WallNow(), clock_.WallNow() + 1h}};
  EXPECT_TRUE(EvaluateAfter(10min, {slow_}).empty());
  const auto due = EvaluateAfter(1s, {});
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].reason, NotifyReason::kAllResolved);
  EXPECT_EQ(due[0].number, 2U);
  EXPECT_EQ(due[0].resolved, std::vector<Labels>{slow_});
}

TEST_F(AlertNotifierTest, AMutedAlertThatGoesOnIsNotToldTwice) {
  Evaluate({slow_});
  silences_ = {{{Matcher("service=cart")}, clock_.WallNow(), clock_.WallNow() + 10min}};
  EvaluateAfter(6min, {slow_});
  EXPECT_TRUE(EvaluateAfter(6min, {slow_}).empty());
}

// Who keeps an incident for the group (PagerDuty) has closed it with the end of the other one.
TEST_F(AlertNotifierTest, AMutedAlertWhoseGroupLookedOverIsToldAtOnceWhenTheMuteEnds) {
  Evaluate({slow_, down_});
  silences_ = {{{Matcher("alertname=Slow")}, clock_.WallNow(), clock_.WallNow() + 1h}};
  const auto ended = EvaluateAfter(10min, {slow_});
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].reason, NotifyReason::kSomeEnded);
  EXPECT_TRUE(ended[0].firing.empty());
  EXPECT_TRUE(EvaluateAfter(50min - 1s, {slow_}).empty());
  const auto again = EvaluateAfter(1s, {slow_});
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].reason, NotifyReason::kRepeat);
  EXPECT_EQ(again[0].firing, std::vector<Labels>{slow_});
  EXPECT_TRUE(EvaluateAfter(1h, {slow_}).empty());
  EXPECT_EQ(EvaluateAfter(1s, {})[0].reason, NotifyReason::kAllResolved);
}

TEST_F(AlertNotifierTest, GroupWaitLetsOthersJoin) {
  policy_.routes = Tree({"service"}, 30s);
  EXPECT_TRUE(Evaluate({slow_}).empty());
  EXPECT_TRUE(EvaluateAfter(29s, {slow_}).empty());
  const auto due = EvaluateAfter(1s, {slow_, down_});
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].firing.size(), 2U);
}

TEST_F(AlertNotifierTest, WhatStillFiresIsRepeated) {
  Evaluate({slow_});
  EXPECT_TRUE(EvaluateAfter(4h - 1s, {slow_}).empty());
  const auto due = EvaluateAfter(1s, {slow_});
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].reason, NotifyReason::kRepeat);
}

TEST_F(AlertNotifierTest, WhatSomebodyLooksAfterIsNotRepeatedButItsEndIsTold) {
  Evaluate({slow_, down_});
  acknowledged_ = {slow_};
  EXPECT_EQ(EvaluateAfter(4h, {slow_, down_}).size(), 1U);
  acknowledged_ = {slow_, down_};
  EXPECT_TRUE(EvaluateAfter(8h, {slow_, down_}).empty());
  const auto ended = EvaluateAfter(1s, {slow_});
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].reason, NotifyReason::kSomeEnded);
}

TEST_F(AlertNotifierTest, TenThousandFlappingAlertsOfThreeCausesAreThreeMessages) {
  Rng rng(7);
  std::set<std::string> told;
  std::size_t messages = 0;
  for (int second = 0; second < 100; ++second) {
    std::vector<Labels> alerts;
    for (int i = 0; i < 100; ++i) {
      alerts.push_back(
          {{"service", std::to_string(rng.Below(3))}, {"host", std::to_string(rng.Below(100))}});
    }
    for (const Notification& message : EvaluateAfter(1s, alerts)) {
      ++messages;
      told.insert(message.group.at("service"));
    }
  }
  EXPECT_EQ(messages, 3U);
  EXPECT_EQ(told, (std::set<std::string>{"0", "1", "2"}));
}

TEST_F(AlertNotifierTest, MoreGroupsThanTheLimitAreToldTogether) {
  policy_.routes = Tree({"..."});
  std::vector<Labels> alerts;
  for (std::size_t i = 0; i < NotifierState::kGroupsMax + 5; ++i) {
    alerts.push_back({{"host", std::to_string(i)}});
  }
  const auto due = Evaluate(alerts);
  EXPECT_EQ(state_.overflowed, 5U);
  ASSERT_EQ(due.size(), NotifierState::kGroupsMax + 1);
  EXPECT_EQ(due[0].group, Labels{});
  EXPECT_EQ(due[0].firing.size(), 5U);
}

/// What a receiver knows, and that nothing it was sent was wrong.
class ReceiverView {
 public:
  void Take(const Notification& message, WallTime at, const std::set<Labels>& firing) {
    WallTime& last = last_[message.group];
    EXPECT_TRUE(last == WallTime{} || at - last >= 5min);
    last = at;
    for (const Labels& alert : message.resolved) {
      EXPECT_EQ(known_.erase(alert), 1U);
      EXPECT_FALSE(firing.contains(alert));
    }
    for (const Labels& alert : message.firing) {
      EXPECT_TRUE(firing.contains(alert));
      known_.insert(alert);
    }
    incidents_[message.group] = !message.firing.empty();
  }

  bool Knows(const Labels& alert) const { return known_.contains(alert); }

  /// Whether who keeps one for each group, as PagerDuty does, has an incident open for it.
  bool HasIncident(const Labels& group) const {
    const auto found = incidents_.find(group);
    return found != incidents_.end() && found->second;
  }

  bool empty() const { return known_.empty(); }

 private:
  std::set<Labels> known_;
  std::map<Labels, bool> incidents_;
  std::map<Labels, WallTime> last_;
};

TEST_F(AlertNotifierTest, WhateverComesNothingIsLostAndNothingIsToldTooOften) {
  policy_.routes = Tree({"service"}, 30s);
  policy_.inhibit_rules = {{{Matcher("n=0")}, {Matcher("n=~\"[1-9]\"")}, {"service"}}};
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    state_ = {};
    silences_ = {};
    ReceiverView view;
    std::map<Labels, WallTime> audible_since;
    std::set<Labels> firing;
    for (int step = 0; step < 200; ++step) {
      clock_.Advance(30s);
      if (step < 180 && rng.Below(3) == 0) {
        Labels alert = {{"service", std::to_string(rng.Below(2))},
                        {"n", std::to_string(rng.Below(4))}};
        if (firing.erase(alert) == 0) {
          firing.insert(std::move(alert));
        }
      } else if (step == 180) {
        firing.clear();
      }
      if (rng.Below(20) == 0) {
        const WallTime now = clock_.WallNow();
        silences_ = {{{Matcher("n=" + std::to_string(rng.Below(4)))}, now, now + 10min}};
      }
      const std::vector<Labels> alerts(firing.begin(), firing.end());
      for (const Notification& message : Evaluate(alerts)) {
        view.Take(message, clock_.WallNow(), firing);
      }
      std::map<Labels, WallTime> still;
      for (const Labels& alert : alerts) {
        if (MutedBy(policy_, {clock_.WallNow(), alerts, silences_}, alert) ==
            MuteReason::kNotMuted) {
          const auto since = audible_since.try_emplace(alert, clock_.WallNow()).first->second;
          still.emplace(alert, since);
          const Labels group = {{"service", std::string(LabelValue(alert, "service"))}};
          EXPECT_TRUE((view.Knows(alert) && view.HasIncident(group)) ||
                      clock_.WallNow() - since < 5min + 30s);
        }
      }
      audible_since = std::move(still);
    }
    EXPECT_TRUE(view.empty());
    EXPECT_TRUE(state_.groups.empty());
  }
}

}  // namespace
}  // namespace weir::monitor
