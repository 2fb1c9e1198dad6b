#include "loadgen/arrival_sampler.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "loadgen/schedule.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

scenarios::Load Constant(double rate_per_s, Nanos duration) {
  scenarios::Load load;
  load.stages = {
      scenarios::OpenStage{Rate::PerSecond(rate_per_s), Rate::PerSecond(rate_per_s), duration}};
  return load;
}

// All arrivals of the load through the samplers of `workers` workers, each sent `lag` late.
std::vector<ArrivalGap> Gaps(const scenarios::Load& load, std::uint32_t workers, Nanos lag) {
  std::vector<SentArrival> kept;
  for (std::uint32_t i = 0; i < workers; ++i) {
    ArrivalSampler sampler(load);
    ArrivalSchedule schedule(load, 7, {i, workers});
    for (; schedule.Peek(); schedule.Pop()) {
      sampler.Note({schedule.Peek()->number, schedule.Peek()->due, schedule.Peek()->due + lag});
    }
    kept.insert(kept.begin(), sampler.kept().begin(), sampler.kept().end());
  }
  return GapsOf(std::move(kept), load);
}

TEST(ArrivalSamplerTest, KeepsEveryPairOfAShortLoad) {
  const auto gaps = Gaps(Constant(100, 2s), 1, 3us);
  ASSERT_EQ(gaps.size(), 100U);
  EXPECT_EQ(gaps[5].mean, 10ms);
  EXPECT_EQ(gaps[5].sent, 10ms);
  EXPECT_TRUE(gaps[99].in_time);
}

TEST(ArrivalSamplerTest, StaysBoundedAndSpreadOut) {
  const scenarios::Load load = Constant(10'000, 60s);
  const auto gaps = Gaps(load, 1, 0ns);
  EXPECT_GE(gaps.size(), 900U);
  EXPECT_LE(gaps.size(), ArrivalSampler::kPairsMax);
}

// Whichever workers send: the gaps that the target sees are the same.
TEST(ArrivalSamplerTest, PutsTheGapsOfSeveralWorkersTogether) {
  scenarios::Load load = Constant(5000, 3s);
  load.arrivals = scenarios::Arrivals::kPoisson;
  const auto one = Gaps(load, 1, 0ns);
  const auto five = Gaps(load, 5, 0ns);
  ASSERT_EQ(one.size(), five.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].sent, five[i].sent);
    EXPECT_EQ(one[i].mean, 200us);
  }
}

TEST(ArrivalSamplerTest, LeavesTheWarmUpOut) {
  scenarios::Load load = Constant(100, 2s);
  load.warm_up = 1s;
  EXPECT_EQ(Gaps(load, 1, 0ns).size(), 50U);
}

TEST(ArrivalSamplerTest, TellsWhatWasNotSentWithinTheLoad) {
  const auto gaps = Gaps(Constant(100, 2s), 1, 500ms);
  const auto late =
      std::count_if(gaps.begin(), gaps.end(), [](const ArrivalGap& gap) { return !gap.in_time; });
  EXPECT_EQ(late, 25);
  const auto hardly = Gaps(Constant(100, 2s), 1, 40ms);
  EXPECT_TRUE(
      std::all_of(hardly.begin(), hardly.end(), [](const ArrivalGap& gap) { return gap.in_time; }));
}

}  // namespace
}  // namespace weir::loadgen
