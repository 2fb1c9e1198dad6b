#include "monitor/alerts/alert_state.h"

#include <limits>

#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

class AlertStateTest : public testing::Test {
 protected:
  /// An evaluation a second after the last one.
  AlertReason Evaluate(bool holds) {
    clock_.Advance(1s);
    const AlertStep step = StepAlert(state_, timing_, clock_.WallNow(), holds);
    state_ = step.state;
    return step.reason;
  }

  tests::ManualClock clock_;
  AlertTiming timing_{.hold = 2s, .keep_firing = 2s};
  AlertState state_;
};

TEST_F(AlertStateTest, FiresOnceTheConditionHasHeld) {
  EXPECT_EQ(Evaluate(false), AlertReason::kQuiet);
  EXPECT_EQ(Evaluate(true), AlertReason::kWaiting);
  const WallTime begin = clock_.WallNow();
  EXPECT_EQ(Evaluate(true), AlertReason::kWaiting);
  EXPECT_EQ(Evaluate(true), AlertReason::kFired);
  EXPECT_EQ(Evaluate(true), AlertReason::kStillFiring);
  EXPECT_EQ(state_.active_since, begin);
  EXPECT_EQ(state_.fired_at, begin + 2s);
}

TEST_F(AlertStateTest, AGapBeforeItFiresBeginsAnew) {
  Evaluate(true);
  Evaluate(true);
  EXPECT_EQ(Evaluate(false), AlertReason::kGaveUp);
  EXPECT_EQ(state_, AlertState{});
  EXPECT_EQ(Evaluate(true), AlertReason::kWaiting);
}

TEST_F(AlertStateTest, OutlivesItsConditionForKeepFiring) {
  timing_.hold = 0s;
  EXPECT_EQ(Evaluate(true), AlertReason::kFired);
  EXPECT_EQ(Evaluate(false), AlertReason::kKeptFiring);
  EXPECT_EQ(Evaluate(true), AlertReason::kStillFiring);
  EXPECT_EQ(state_.kept_since, std::nullopt);
  EXPECT_EQ(Evaluate(false), AlertReason::kKeptFiring);
  EXPECT_EQ(Evaluate(false), AlertReason::kKeptFiring);
  EXPECT_EQ(Evaluate(false), AlertReason::kResolved);
  EXPECT_EQ(state_.resolved_at, clock_.WallNow());
  EXPECT_EQ(Evaluate(false), AlertReason::kQuiet);
}

TEST_F(AlertStateTest, ANewEpisodeForgetsTheLastOne) {
  timing_ = {};
  Evaluate(true);
  EXPECT_EQ(Evaluate(false), AlertReason::kResolved);
  EXPECT_EQ(Evaluate(true), AlertReason::kFired);
  EXPECT_EQ(state_.active_since, clock_.WallNow());
  EXPECT_EQ(state_.resolved_at, std::nullopt);
}

TEST_F(AlertStateTest, TimeThatGoesBackIsNoTimePassed) {
  Evaluate(true);
  const AlertStep step = StepAlert(state_, timing_, clock_.WallNow() - 1h, true);
  EXPECT_EQ(step.reason, AlertReason::kWaiting);
  EXPECT_EQ(step.state, state_);
}

TEST(AlertThresholdTest, KnowsTheBadSide) {
  const auto is_bad = [](BadSide side, double value) {
    return IsBad({.side = side, .level = 10}, value, AlertPhase::kInactive);
  };
  EXPECT_FALSE(is_bad(BadSide::kAbove, 10));
  EXPECT_TRUE(is_bad(BadSide::kAbove, 10.5));
  EXPECT_TRUE(is_bad(BadSide::kAtLeast, 10));
  EXPECT_FALSE(is_bad(BadSide::kBelow, 10));
  EXPECT_TRUE(is_bad(BadSide::kBelow, 9.5));
  EXPECT_TRUE(is_bad(BadSide::kAtMost, 10));
}

TEST(AlertThresholdTest, OnlyWhatFiresIsHeldByItsClearLevel) {
  const AlertThreshold threshold{.level = 10, .clear_level = 8};
  EXPECT_FALSE(IsBad(threshold, 9, AlertPhase::kInactive));
  EXPECT_FALSE(IsBad(threshold, 9, AlertPhase::kPending));
  EXPECT_TRUE(IsBad(threshold, 9, AlertPhase::kFiring));
  EXPECT_FALSE(IsBad(threshold, 8, AlertPhase::kFiring));
}

TEST(AlertThresholdTest, NoDataIsNotBad) {
  const AlertThreshold threshold{.side = BadSide::kBelow, .level = 10};
  EXPECT_FALSE(IsBad(threshold, std::nullopt, AlertPhase::kFiring));
  EXPECT_FALSE(IsBad(threshold, std::numeric_limits<double>::quiet_NaN(), AlertPhase::kFiring));
}

TEST(AlertThresholdTest, RefusesWhatCannotEnd) {
  EXPECT_TRUE(CheckThreshold({.level = 10, .clear_level = 10}));
  EXPECT_TRUE(CheckThreshold({.side = BadSide::kBelow, .level = 10, .clear_level = 12}));
  const Status wrong = CheckThreshold({.level = 10, .clear_level = 12});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message,
            "an alert that begins at 10 cannot end at 12; write one that is lower than the level");
  EXPECT_FALSE(CheckThreshold({.level = std::numeric_limits<double>::infinity()}));
  EXPECT_FALSE(CheckTiming({.hold = -1s}));
}

}  // namespace
}  // namespace weir::monitor
