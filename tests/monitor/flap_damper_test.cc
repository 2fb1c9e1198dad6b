#include "monitor/alerts/flap_damper.h"

#include <algorithm>
#include <array>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "base/rng.h"
#include "monitor/alerts/alert_notifier.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kStart{1'700'000'000s};
const Labels kAlert = {{"alertname", "Slow"}};

NotificationPolicy Policy(std::size_t times, Nanos group_wait) {
  RouteSpec root{.receiver = "all"};
  root.group_wait = group_wait;
  root.repeat_interval = 24h * 30;
  const std::array<std::string, 1> receivers = {"all"};
  const Result<RoutingTree> tree = RoutingTree::Create(root, receivers);
  EXPECT_TRUE(tree);
  return {.routes = *tree, .inhibit_rules = {}, .flapping = {.times = times, .window = 1h}};
}

// The messages of one alert that fires or not, step after step.
class Story {
 public:
  explicit Story(std::size_t times, Nanos group_wait = 0s) : policy_(Policy(times, group_wait)) {}

  std::vector<Notification> Step(Nanos after, bool firing, bool silenced = false) {
    at_ += after;
    const std::vector<Labels> alerts(firing ? 1 : 0, kAlert);
    std::vector<Silence> silences;
    if (silenced) {
      silences.push_back({.matchers = {}, .starts_at = at_, .ends_at = at_ + 1s});
    }
    const FiringAlerts now = {.at = at_, .alerts = alerts, .silences = silences};
    return StepNotifications(policy_, now, state_);
  }

  WallTime at() const { return at_; }

  const NotifierState& state() const { return state_; }

 private:
  NotificationPolicy policy_;
  NotifierState state_;
  WallTime at_ = kStart;
};

// Five minutes on, five off, `cycles` times; how many messages that made.
std::size_t Flap(Story& story, int cycles) {
  std::size_t messages = 0;
  for (int i = 0; i < cycles; ++i) {
    messages += story.Step(5min, true).size();
    messages += story.Step(5min, false).size();
  }
  return messages;
}

TEST(FlapDamperTest, TheBeginningThatIsOneTooManyIsToldToFlapAndItsEndIsNotTold) {
  Story story(3);
  EXPECT_EQ(Flap(story, 3), 6U);
  const auto found = story.Step(5min, true);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].flaps, (std::map<Labels, FlapNote>{{kAlert, {4, true}}}));
  EXPECT_TRUE(story.Step(5min, false).empty());
  EXPECT_EQ(Flap(story, 500), 0U);
}

TEST(FlapDamperTest, OnceItIsCalmItsEndIsToldAndHowOftenItBegan) {
  Story story(3);
  Flap(story, 10);
  EXPECT_TRUE(story.Step(1h - 1ns, false).empty());
  const auto calm = story.Step(1ns, false);
  ASSERT_EQ(calm.size(), 1U);
  EXPECT_EQ(calm[0].reason, NotifyReason::kAllResolved);
  EXPECT_EQ(calm[0].resolved, std::vector<Labels>{kAlert});
  EXPECT_EQ(calm[0].flaps, (std::map<Labels, FlapNote>{{kAlert, {10, false}}}));
  // The next beginning is one like any other, and nothing is kept for good.
  EXPECT_EQ(story.Step(10min, true)[0].reason, NotifyReason::kFirst);
  EXPECT_EQ(story.Step(10min, false).size(), 1U);
  story.Step(1h, false);
  EXPECT_TRUE(story.state().groups.empty());
}

TEST(FlapDamperTest, OnceItFiresSteadilyThatIsToldOnce) {
  Story story(3);
  Flap(story, 10);
  EXPECT_TRUE(story.Step(5min, true).empty());
  EXPECT_TRUE(story.Step(1h - 1ns, true).empty());
  const auto calm = story.Step(1ns, true);
  ASSERT_EQ(calm.size(), 1U);
  EXPECT_EQ(calm[0].reason, NotifyReason::kCalm);
  EXPECT_EQ(calm[0].flaps, (std::map<Labels, FlapNote>{{kAlert, {11, false}}}));
  EXPECT_TRUE(story.Step(1h, true).empty());
  EXPECT_EQ(story.Step(1h, false).at(0).reason, NotifyReason::kAllResolved);
}

// Two changes in a minute: group_interval alone leaves the alert told as firing all the time, so
// it takes a message of its own to say that it flaps.
TEST(FlapDamperTest, OneThatFlapsWithinGroupIntervalIsToldToFlapToo) {
  Story story(5);
  std::vector<NotifyReason> told;
  for (int i = 0; i < 60; ++i) {
    for (const Notification& message : story.Step(30s, i % 2 == 0)) {
      told.push_back(message.reason);
    }
  }
  EXPECT_EQ(told, (std::vector<NotifyReason>{NotifyReason::kFirst, NotifyReason::kFlapping}));
}

TEST(FlapDamperTest, ToBeMutedAndHeardAgainIsNoFlapping) {
  Story story(3);
  story.Step(0s, true);
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(story.Step(1min, true, i % 2 == 0).empty());
  }
  EXPECT_EQ(story.Step(1min, false).at(0).reason, NotifyReason::kAllResolved);
}

TEST(FlapDamperTest, WhatIsBeyondTheRecordsIsNeverMarked) {
  FlapBook book;
  std::set<Labels> alerts;
  for (std::size_t i = 0; i < kFlapRecordsMax + 50; ++i) {
    alerts.insert({{"n", std::to_string(i)}});
  }
  for (int i = 0; i < 20; ++i) {
    const std::set<Labels>& now = i % 2 == 0 ? alerts : std::set<Labels>();
    StepFlaps({.times = 3, .window = 1h}, kStart + i * 1min, now, now, book);
    EXPECT_EQ(book.size(), kFlapRecordsMax);
  }
  StepFlaps({.times = 0, .window = 1h}, kStart + 20min, alerts, alerts, book);
  EXPECT_TRUE(book.empty());
}

using Told = std::tuple<WallTime, NotifyReason, std::vector<Labels>, std::vector<Labels>>;

void Append(const Story& story, const std::vector<Notification>& messages,
            std::vector<Told>& told) {
  for (const Notification& message : messages) {
    EXPECT_TRUE(message.flaps.empty());
    told.emplace_back(story.at(), message.reason, message.firing, message.resolved);
  }
}

// Random episodes, at most three beginnings in any hour: the same messages at the same instants as
// without damping.
TEST(FlapDamperTest, OneThatDoesNotFlapIsToldAsWithoutDamping) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    Story damped(3, 2min);
    Story plain(0, 2min);
    std::vector<Told> with;
    std::vector<Told> without;
    std::vector<WallTime> began;
    bool firing = false;
    for (int step = 0; step < 2000; ++step) {
      if (rng.Below(4) == 0) {
        const WallTime next = damped.at() + 1min;
        const bool may_begin = began.size() < 3 || next - began[began.size() - 3] >= 1h;
        if (!firing && may_begin) {
          began.push_back(next);
        }
        firing = !firing && may_begin;
      }
      Append(damped, damped.Step(1min, firing), with);
      Append(plain, plain.Step(1min, firing), without);
    }
    EXPECT_GT(began.size(), 20U);
    EXPECT_EQ(with, without);
  }
}

// Random alerts that flap more or less, and fall calm either way: what fires steadily for a
// group_interval is known to who is told, nothing that has been over for a window and a
// group_interval is taken to fire, and while one flaps all the time there is no message.
TEST(FlapDamperTest, WhateverComesNoSteadyAlertIsUntoldAndMessagesAreBounded) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    Story story(4);
    bool firing = false;
    bool known = false;
    WallTime changed = kStart;
    std::size_t held = 0;  // Messages since it was told to flap.
    for (int phase = 0; phase < 40; ++phase) {
      const std::uint64_t changes_in_hundred = rng.Below(3) * 40;
      for (int step = 0; step < 150; ++step) {
        if (rng.Below(100) < changes_in_hundred) {
          firing = !firing;
          changed = story.at() + 1min;
        }
        for (const Notification& message : story.Step(1min, firing)) {
          known = !message.firing.empty();
          const auto note = message.flaps.find(kAlert);
          held = note != message.flaps.end() && note->second.flapping ? held + 1 : 0;
          EXPECT_LE(held, 1U);
        }
        const Nanos steady = story.at() - changed;
        EXPECT_TRUE(known || !firing || steady < 5min);
        EXPECT_TRUE(!known || firing || steady < 1h + 5min);
      }
    }
  }
}

}  // namespace
}  // namespace weir::monitor
