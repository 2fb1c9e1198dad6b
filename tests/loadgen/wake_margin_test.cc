#include "loadgen/wake_margin.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

// Kernels wake late by a floor and an exponential tail, roughly.
std::vector<Nanos> Latenesses(std::size_t count, Nanos floor, Nanos tail) {
  Rng rng(7);
  std::vector<Nanos> made(count);
  for (Nanos& lateness : made) {
    lateness = floor + FromSeconds(rng.Exponential() * Seconds(tail));
  }
  return made;
}

double ShareAbove(WakeMargin margin, const std::vector<Nanos>& latenesses) {
  std::size_t above = 0;
  for (const Nanos lateness : latenesses) {
    above += lateness > margin.Get() ? 1U : 0U;
    margin.Observe(lateness);
  }
  return static_cast<double>(above) / static_cast<double>(latenesses.size());
}

TEST(WakeMarginTest, LeavesTheWantedShareAbove) {
  const std::vector<Nanos> latenesses = Latenesses(20'000, 30us, 10us);
  EXPECT_NEAR(ShareAbove(WakeMargin(0.5, 50us), latenesses), 0.5, 0.02);
  EXPECT_NEAR(ShareAbove(WakeMargin(0.95, 50us), latenesses), 0.05, 0.01);
}

TEST(WakeMarginTest, FollowsTheMedianWithinSomeDozensOfWakes) {
  WakeMargin margin(0.5, 50us);
  for (const Nanos lateness : Latenesses(100, 100us, 5us)) {
    margin.Observe(lateness);
  }
  EXPECT_NEAR(Seconds(margin.Get()), 103.5e-6, 10e-6);
  for (const Nanos lateness : Latenesses(100, 5us, 2us)) {
    margin.Observe(lateness);
  }
  EXPECT_NEAR(Seconds(margin.Get()), 6.4e-6, 1e-6);
}

// A mean, or a maximum, would wait for the next stall instead of sleeping.
TEST(WakeMarginTest, IsHardlyMovedByOneStall) {
  WakeMargin margin(0.5, 40us);
  margin.Observe(20ms);
  EXPECT_LE(margin.Get(), 42us);
}

TEST(WakeMarginTest, StaysWithinItsBounds) {
  WakeMargin margin(0.95, 50us);
  for (int i = 0; i < 1000; ++i) {
    margin.Observe(1s);
  }
  EXPECT_EQ(margin.Get(), WakeMargin::kMax);
  for (int i = 0; i < 10'000; ++i) {
    margin.Observe(0ns);
  }
  EXPECT_EQ(margin.Get(), WakeMargin::kMin);
}

}  // namespace
}  // namespace weir::loadgen
