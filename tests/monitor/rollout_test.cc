#include "monitor/rollout.h"

#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

class RolloutTest : public testing::Test {
 protected:
  RolloutAct Look(Verdict verdict, bool promoted = false) {
    clock_.Advance(1s);
    return rollout_.Step(clock_.Now(), verdict, promoted);
  }

  tests::ManualClock clock_;
  Rollout rollout_{{.looks_in_a_row = 3, .after = 10s}};
};

TEST_F(RolloutTest, FailsInARowRollBackOnce) {
  EXPECT_EQ(Look(Verdict::kInconclusive), RolloutAct::kGoOn);
  EXPECT_EQ(Look(Verdict::kFail), RolloutAct::kGoOn);
  EXPECT_EQ(Look(Verdict::kFail), RolloutAct::kGoOn);
  EXPECT_EQ(Look(Verdict::kInconclusive), RolloutAct::kGoOn);
  EXPECT_EQ(Look(Verdict::kFail), RolloutAct::kGoOn);
  EXPECT_EQ(Look(Verdict::kFail), RolloutAct::kGoOn);
  EXPECT_EQ(Look(Verdict::kFail), RolloutAct::kRollBack);
}

TEST_F(RolloutTest, APassPromotesAndIsWatchedForTheWindow) {
  EXPECT_EQ(Look(Verdict::kPass), RolloutAct::kPromote);
  EXPECT_EQ(rollout_.phase(), Rollout::Phase::kPromoted);
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(Look(i % 2 == 0 ? Verdict::kPass : Verdict::kInconclusive), RolloutAct::kGoOn);
  }
  EXPECT_EQ(Look(Verdict::kInconclusive), RolloutAct::kPassed);
}

TEST_F(RolloutTest, WhatTurnsBadAfterThePromotionIsRolledBack) {
  EXPECT_EQ(Look(Verdict::kPass), RolloutAct::kPromote);
  EXPECT_EQ(Look(Verdict::kFail), RolloutAct::kGoOn);
  EXPECT_EQ(Look(Verdict::kFail), RolloutAct::kGoOn);
  EXPECT_EQ(Look(Verdict::kFail), RolloutAct::kRollBack);
}

TEST_F(RolloutTest, APromotionBySomebodyElseCounts) {
  EXPECT_EQ(Look(Verdict::kInconclusive, true), RolloutAct::kPromote);
  EXPECT_EQ(rollout_.phase(), Rollout::Phase::kPromoted);
}

TEST_F(RolloutTest, TheEndOfTheWindowWaitsForAFailToBeConfirmed) {
  EXPECT_EQ(Look(Verdict::kPass), RolloutAct::kPromote);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(Look(Verdict::kPass), RolloutAct::kGoOn);
  }
  EXPECT_EQ(Look(Verdict::kFail), RolloutAct::kGoOn);
  EXPECT_EQ(Look(Verdict::kFail), RolloutAct::kGoOn);
  EXPECT_EQ(Look(Verdict::kFail), RolloutAct::kRollBack);
}

}  // namespace
}  // namespace weir::monitor
