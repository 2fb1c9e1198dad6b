#include "monitor/alerts/escalation.h"

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kStart{1'700'000'000s};

// One group of two alerts, told at the start.
class EscalationTest : public testing::Test {
 protected:
  EscalationTest() {
    state_.groups[{0, group_}].told = {a_, b_};
    open_ = {a_, b_};
  }

  std::vector<EscalationDue> Step(Nanos at, bool told = false) {
    std::vector<Notification> notifications;
    if (told) {
      notifications.emplace_back().group = group_;
    }
    return StepEscalations(
        {.at = kStart + at,
         .told = notifications,
         .open = open_,
         .plan_of = [this](std::size_t) -> const EscalationPlan& { return plan_; },
         .is_muted = [this](std::size_t) { return route_muted_; },
         .may_tell =
             [this](std::size_t, std::size_t step, WallTime when) {
               const auto times = times_.find(step);
               return times == times_.end() || (when >= kStart + times->second.first &&
                                                when < kStart + times->second.second);
             }},
        state_);
  }

  /// Which step is due at which second of [from, to).
  std::vector<std::pair<int, std::size_t>> Watch(int from, int to) {
    std::vector<std::pair<int, std::size_t>> seen;
    for (int second = from; second < to; ++second) {
      for (const EscalationDue& due : Step(std::chrono::seconds(second))) {
        seen.emplace_back(second, due.step);
      }
    }
    return seen;
  }

  using Seen = std::vector<std::pair<int, std::size_t>>;

  const Labels group_{{"service", "shop"}};
  const Labels a_{{"host", "a"}, {"service", "shop"}};
  const Labels b_{{"host", "b"}, {"service", "shop"}};
  EscalationPlan plan_{.waits = {300s, 600s}, .rounds = 2};
  std::set<Labels> open_;
  bool route_muted_ = false;
  std::map<std::size_t, std::pair<Nanos, Nanos>> times_;  // When a step may be told.
  NotifierState state_;
};

TEST_F(EscalationTest, EachStepComesAfterItsWaitInEveryRoundAndThenNoMore) {
  EXPECT_TRUE(Step(0s, true).empty());
  EXPECT_EQ(Watch(1, 5000), (Seen{{300, 0}, {900, 1}, {1200, 0}, {1800, 1}}));
}

// Who is on call by the hour: the one who is not is left out as if he did not stand there.
TEST_F(EscalationTest, AStepOutsideItsTimesIsLeftOutAndTheNextOneWaitsAsLongAsItSays) {
  plan_ = {.waits = {300s, 300s, 600s}, .rounds = 1};
  times_ = {{0, {1000s, 2000s}}, {1, {0s, 1000s}}};
  Step(0s, true);
  EXPECT_EQ(Watch(1, 5000), (Seen{{300, 1}, {900, 2}}));
  EXPECT_EQ((state_.groups[{0, group_}].escalation->told), (std::set<std::size_t>{1, 2}));
  Step(5000s, true);  // Neither of the two.
  EXPECT_EQ(Watch(5001, 9000), (Seen{{5600, 2}}));
}

TEST_F(EscalationTest, WhenNoStepMayBeToldTheChainWaitsForTheFirstThatMay) {
  times_ = {{0, {4000s, 5000s}}, {1, {3000s, 3500s}}};
  Step(0s, true);
  // Each of the second round, too, comes as soon as it may: none is lost.
  EXPECT_EQ(Watch(1, 9000), (Seen{{3000, 1}, {4000, 0}}));
}

TEST_F(EscalationTest, NothingBeginsWithoutAMessage) {
  EXPECT_TRUE(Watch(0, 2000).empty());
}

TEST_F(EscalationTest, WhoLooksAfterAllOfItStopsIt) {
  Step(0s, true);
  open_ = {b_};
  EXPECT_EQ(Watch(1, 600), (Seen{{300, 0}}));
  open_ = {};
  EXPECT_TRUE(Watch(600, 3000).empty());
  // Taken back, it begins anew with the next message.
  open_ = {a_};
  EXPECT_TRUE(Watch(3000, 4000).empty());
  Step(4000s, true);
  EXPECT_EQ(Watch(4001, 5000), (Seen{{4300, 0}, {4900, 1}}));
}

TEST_F(EscalationTest, ARouteThatIsMutedByTheTimeEscalatesNothing) {
  Step(0s, true);
  route_muted_ = true;
  EXPECT_TRUE(Watch(1, 1000).empty());
  route_muted_ = false;
  Step(1000s, true);
  EXPECT_EQ(Watch(1001, 1400), (Seen{{1300, 0}}));
}

TEST_F(EscalationTest, OnlyWhatIsOpenIsTold) {
  Step(0s, true);
  open_ = {b_};
  const auto due = Step(300s);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].firing, std::vector<Labels>{b_});
}

// After an hour without any process: the step that is late, and then its wait again.
TEST_F(EscalationTest, LateStepsAreNotCaughtUp) {
  Step(0s, true);
  EXPECT_EQ(Watch(3600, 4500), (Seen{{3600, 0}, {4200, 1}}));
}

TEST_F(EscalationTest, ItIsForgottenWhenTheEndWasTold) {
  Step(0s, true);
  Step(300s);
  GroupState& group = state_.groups.begin()->second;
  EXPECT_EQ(group.escalation->told, std::set<std::size_t>{0});
  open_ = {};
  Step(301s);
  ASSERT_TRUE(group.escalation);
  EXPECT_FALSE(group.escalation->due_at);
  group.told.clear();
  Step(302s);
  EXPECT_FALSE(group.escalation);
}

}  // namespace
}  // namespace weir::monitor
