#include "analysis/warm_up.h"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/warm_up_split.h"
#include "tests/analysis/gate_runs.h"

namespace weir::analysis {
namespace {

constexpr std::uint64_t kMs = 1'000'000;

SecondRecord Second(std::uint32_t second, std::uint64_t latency_ms, std::uint64_t requests = 100) {
  StepRecord record;
  AddRequests(record, latency_ms * kMs, requests);
  return {.second = second, .steps = {record}};
}

// 60 seconds, of which the first `slow` take twenty times as long.
SecondBlocks Seconds(std::uint32_t slow) {
  SecondBlocks seconds;
  for (std::uint32_t second = 0; second < 60; ++second) {
    seconds.Add(Second(second, (second < slow ? 200 : 10) + second % 2));
  }
  return seconds;
}

TEST(WarmUpTest, EndsWhereTheLatencyHasSettled) {
  EXPECT_EQ(FindWarmUpEnd(Seconds(7), {.from_s = 0, .to_s = 60}), 7U);
}

TEST(WarmUpTest, ASteadyRunHasNone) {
  EXPECT_EQ(FindWarmUpEnd(Seconds(0), {.from_s = 0, .to_s = 60}), 0U);
}

TEST(WarmUpTest, IsLookedForWhereTheLoadStaysTheSame) {
  EXPECT_EQ(FindWarmUpEnd(Seconds(7), {.from_s = 10, .to_s = 60}), 10U);
  EXPECT_EQ(FindWarmUpEnd(Seconds(7), {.from_s = 4, .to_s = 60}), 7U);
}

TEST(WarmUpTest, AShortRunDoesNotTell) {
  EXPECT_FALSE(FindWarmUpEnd(Seconds(3), {.from_s = 0, .to_s = 9}));
}

class WarmUpSplitTest : public ::testing::Test {
 protected:
  // A second after another; one request of each is still in flight when it ends.
  void Add(WarmUpSplit& split, std::uint32_t second, std::uint64_t latency_ms) {
    SecondRecord record = Second(second, latency_ms);
    record.steps.front().counts.planned += second == 0 ? 1 : 0;
    split.Add(record);
    run_.totals.front().Merge(record.steps.front());
  }

  weir::Run run_ = EmptyRun(0);
};

TEST_F(WarmUpSplitTest, TakesTheSecondsBeforeItOut) {
  WarmUpSplit split(60);
  for (std::uint32_t second = 0; second < 60; ++second) {
    Add(split, second, second < 5 ? 200 : 10);
  }
  StepRecord last;  // Was in flight all the time.
  last.counts.by_outcome[static_cast<std::size_t>(Outcome::kTimedOut)] = 1;
  split.Add({.second = 59, .steps = {last}});
  split.Apply(5, run_);
  EXPECT_EQ(run_.plan.warm_up, std::chrono::seconds(5));
  EXPECT_EQ(run_.measured, std::chrono::seconds(55));
  const StepRecord warm_up = run_.Total(Phase::kWarmUp);
  const StepRecord measured = run_.Total(Phase::kMeasure);
  EXPECT_EQ(warm_up.counts.planned, 500U);
  EXPECT_EQ(measured.counts.planned, 5'501U);
  EXPECT_TRUE(warm_up.counts.Balanced());
  EXPECT_TRUE(measured.counts.Balanced());
  EXPECT_EQ(MergedLatency(measured, LatencyKind::kResponse).histogram.max_ns(), 10 * kMs);
  EXPECT_EQ(MergedLatency(warm_up, LatencyKind::kResponse).histogram.min_ns(), 200 * kMs);
}

// Of a long run the blocks are some seconds long: the whole one counts as warm-up.
TEST_F(WarmUpSplitTest, LongRunsAreCutAtABlock) {
  WarmUpSplit split(600);
  for (std::uint32_t second = 0; second < 600; ++second) {
    Add(split, second, second < 20 ? 200 : 10);
  }
  split.Apply(20, run_);
  EXPECT_EQ(run_.plan.warm_up, std::chrono::seconds(32));
}

TEST_F(WarmUpSplitTest, NothingToLeaveOutChangesNothing) {
  WarmUpSplit split(60);
  Add(split, 0, 10);
  split.Apply(0, run_);
  EXPECT_EQ(run_.plan.warm_up, Nanos(0));
  EXPECT_EQ(run_.totals.size(), 1U);
  EXPECT_EQ(run_.measured, std::chrono::seconds(60));
}

}  // namespace
}  // namespace weir::analysis
