#include "loadgen/program_duet.h"

#include <chrono>

#include <gtest/gtest.h>

#include "analysis/run_order.h"
#include "tests/support/manual_clock.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kWallStart{std::chrono::hours(24 * 365 * 50)};

// Programs that take as long as they are told, on a clock that only they move.
class ProgramDuetTest : public testing::Test {
 protected:
  DuetPairs Run(const DuetOptions& options) {
    return RunPairs(options, clock_, [this](DuetSide side) {
      order_.push_back(side);
      ProgramSample sample;
      sample.started = clock_.Now();
      sample.wall = side == DuetSide::kBaseline ? 10ms : 11ms;
      clock_.Advance(sample.wall);
      if (stop_after_ > 0 && order_.size() == stop_after_) {
        sample.error = RequestError::kRunEnded;
      }
      return sample;
    });
  }

  static std::array<RunPlan, 2> Plans() {
    RunPlan plan;
    plan.scenario = "duet";
    plan.steps = {{"duet", "program"}};
    return {plan, plan};
  }

  tests::ManualClock clock_;
  std::vector<DuetSide> order_;
  std::size_t stop_after_ = 0;
};

TEST_F(ProgramDuetTest, EveryPairHasBothSidesAndACoinSaysWhichIsFirst) {
  const DuetPairs duet = Run({.pairs = 200, .warm_up = 4, .duration_max = 1h, .seed = 5});
  ASSERT_EQ(duet.pairs.size(), 204U);
  EXPECT_EQ(duet.counted(), 200U);
  EXPECT_FALSE(duet.stopped);
  int candidate_first = 0;
  for (std::size_t i = 0; i < order_.size(); i += 2) {
    ASSERT_NE(order_[i], order_[i + 1]) << "pair " << i / 2;
    candidate_first += order_[i] == DuetSide::kCandidate ? 1 : 0;
  }
  // 204 tosses: 102 of a fair coin, with a standard deviation of 7.
  EXPECT_GT(candidate_first, 70);
  EXPECT_LT(candidate_first, 134);
  for (const DuetPair& pair : duet.pairs) {
    EXPECT_EQ(pair.samples[0].wall, 10ms);
    EXPECT_EQ(pair.samples[1].wall, 11ms);
    EXPECT_EQ(pair.ended - pair.began, 21ms);
  }
}

TEST_F(ProgramDuetTest, TheSameSeedGivesTheSameOrder) {
  Run({.pairs = 50, .warm_up = 0, .duration_max = 1h, .seed = 9});
  const std::vector<DuetSide> first = std::exchange(order_, {});
  Run({.pairs = 50, .warm_up = 0, .duration_max = 1h, .seed = 9});
  EXPECT_EQ(order_, first);
}

TEST_F(ProgramDuetTest, NoPairBeginsAfterTheTimeButThreeThatCountAreMade) {
  EXPECT_EQ(Run({.pairs = 1000, .warm_up = 0, .duration_max = 210ms}).pairs.size(), 10U);
  EXPECT_EQ(Run({.pairs = 1000, .warm_up = 2, .duration_max = 1ms}).counted(), 3U);
}

TEST_F(ProgramDuetTest, APairThatWasStoppedIsLeftOut) {
  stop_after_ = 12;
  const DuetPairs duet = Run({.pairs = 100, .warm_up = 1, .duration_max = 1h});
  EXPECT_TRUE(duet.stopped);
  EXPECT_EQ(duet.pairs.size(), 5U);
}

TEST_F(ProgramDuetTest, BlocksBecomePairsOfRunsThatTheGateSeesAsADuet) {
  const Instant start = clock_.Now();
  const DuetPairs duet = Run({.pairs = 25, .warm_up = 2, .duration_max = 1h});
  const auto runs = RunsOf(duet.pairs, Plans(), start, kWallStart);
  ASSERT_EQ(runs[0].size(), kBlocksMax);
  ASSERT_EQ(runs[1].size(), kBlocksMax);
  std::uint64_t measured = 0;
  for (std::size_t block = 0; block < kBlocksMax; ++block) {
    const weir::Run& old = runs[0][block];
    EXPECT_EQ(old.started_at, runs[1][block].started_at);
    EXPECT_EQ(old.duration, runs[1][block].duration);
    EXPECT_EQ(old.state, RunState::kComplete);
    const StepRecord total = old.Total(Phase::kMeasure);
    EXPECT_TRUE(total.counts.Balanced());
    EXPECT_GE(total.counts.planned, 2U);
    EXPECT_LE(total.counts.planned, 3U);
    EXPECT_EQ(total.latency.at(Outcome::kCompleted).response.max_ns(), 10'000'000U);
    measured += total.counts.planned;
  }
  EXPECT_EQ(measured, 25U);
  EXPECT_EQ(runs[0][0].Total(Phase::kWarmUp).counts.planned, 2U);
  EXPECT_EQ(runs[0][0].started_at, kWallStart);
  EXPECT_EQ(runs[0][0].plan.warm_up, 42ms);
  const analysis::RunOrder order = analysis::OrderOf(runs[0], runs[1]);
  EXPECT_EQ(order.design, analysis::RunDesign::kDuet);
}

TEST_F(ProgramDuetTest, FailuresCountAndOnlyCrashesHaveNoTime) {
  std::vector<DuetPair> pairs(3);
  for (DuetPair& pair : pairs) {
    pair.ended = pair.began + 1s;
    pair.samples[0].wall = 1ms;
    pair.samples[1].wall = 1ms;
  }
  pairs[0].samples[1].error = RequestError::kExitCode;
  pairs[1].samples[1].error = RequestError::kSignal;
  pairs[2].samples[1].error = RequestError::kTimeout;
  const auto runs = RunsOf(pairs, Plans(), Instant(), kWallStart);
  ASSERT_EQ(runs[1].size(), 3U);
  EXPECT_EQ(runs[1][0].Total(Phase::kMeasure).Answered(), 1U);
  EXPECT_EQ(runs[1][1].Total(Phase::kMeasure).Answered(), 0U);
  EXPECT_EQ(runs[1][1].Total(Phase::kMeasure).counts.of(Outcome::kFailed), 1U);
  EXPECT_EQ(runs[1][2].Total(Phase::kMeasure).counts.of(Outcome::kTimedOut), 1U);
  EXPECT_EQ(MergedLatency(runs[1][2].Total(Phase::kMeasure), LatencyKind::kResponse).censored, 1U);
}

TEST_F(ProgramDuetTest, NoPairsMakeNoRuns) {
  const auto runs = RunsOf({}, Plans(), Instant(), kWallStart);
  EXPECT_TRUE(runs[0].empty());
  EXPECT_TRUE(runs[1].empty());
}

}  // namespace
}  // namespace weir::loadgen
