#include "analysis/gate_distribution.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/gate.h"
#include "tests/analysis/gate_runs.h"

namespace weir::analysis {
namespace {

GatePolicy Policy() {
  GatePolicy policy;
  policy.criteria = {{.kind = GateCriterion::Kind::kDistribution, .tolerance = 0.05}};
  return policy;
}

GateCheck Judge(const Model& baseline, const Model& candidate, std::uint64_t seed = 5) {
  constexpr int kRuns = 6;
  Rng rng(seed);
  const auto before = SimulatedRuns(baseline, kRuns, {.first_slot = 0, .slot_step = 2}, rng);
  const auto after = SimulatedRuns(candidate, kRuns, {.first_slot = 1, .slot_step = 2}, rng);
  return JudgeGate(Policy(), before, after).checks.front();
}

constexpr Model kQuiet = {.level_sd = 0.003, .requests = 20'000};

TEST(GateDistributionTest, PassesWhenNothingRose) {
  const GateCheck check = Judge(kQuiet, kQuiet);
  EXPECT_EQ(check.verdict, Verdict::kPass) << check.reason;
  EXPECT_EQ(check.metric, "response_time.distribution");
  EXPECT_NE(check.reason.find("of 7 quantiles, p10 to p99"), std::string::npos) << check.reason;
}

TEST(GateDistributionTest, FailsAndNamesTheTailWhenItAloneRose) {
  Model slower = kQuiet;
  slower.tail_slower = 0.5;
  const GateCheck check = Judge(kQuiet, slower);
  EXPECT_EQ(check.verdict, Verdict::kFail) << check.reason;
  EXPECT_EQ(check.reason.find("p99 rose"), 0U) << check.reason;
}

// All quantiles rise by the same: the level is that of one test, not a seventh of it.
TEST(GateDistributionTest, PaysNothingForQuantilesThatRoseAlike) {
  Model slower = kQuiet;
  slower.slower = 0.10;
  const GateCheck check = Judge(kQuiet, slower);
  EXPECT_EQ(check.verdict, Verdict::kFail) << check.reason;
  EXPECT_DOUBLE_EQ(*check.alpha, 0.05);
}

TEST(GateDistributionTest, LeavesOutWhatTheRunsHaveTooFewRequestsFor) {
  Model few = kQuiet;
  few.requests = 60;
  const GateCheck check = Judge(few, few);
  EXPECT_NE(check.reason.find("p99 left out: too few requests"), std::string::npos) << check.reason;
  EXPECT_TRUE(check.candidate);
}

// 20 gates: with alpha 5 %, more than 4 fails come in less than 0.3 % of such tests.
TEST(GateDistributionTest, AlikeBuildsRarelyFail) {
  Rng rng(31);
  int fails = 0;
  for (int trial = 0; trial < 20; ++trial) {
    const Model model = {.level_sd = 0.02, .requests = 400};
    const auto before = SimulatedRuns(model, 5, {.first_slot = 0, .slot_step = 2}, rng);
    const auto after = SimulatedRuns(model, 5, {.first_slot = 1, .slot_step = 2}, rng);
    fails += JudgeGate(Policy(), before, after).verdict == Verdict::kFail ? 1 : 0;
  }
  EXPECT_LE(fails, 4);
}

}  // namespace
}  // namespace weir::analysis
