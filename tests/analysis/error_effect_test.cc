#include "analysis/error_effect.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/distributions.h"
#include "base/rng.h"

namespace weir::analysis {
namespace {

constexpr double kConfidence = 0.9;

std::vector<ErrorCount> Runs(const std::vector<std::uint64_t>& wrong, std::uint64_t planned) {
  std::vector<ErrorCount> runs;
  for (const std::uint64_t count : wrong) {
    runs.push_back({.wrong = count, .planned = planned});
  }
  return runs;
}

TEST(ErrorEffectTest, ZeroAgainstZeroIsNoDifference) {
  const auto none = Runs({0, 0, 0}, 10'000);
  const auto effect = EstimateErrorEffect(none, none, kConfidence);
  // Neither side says anything about dispersion.
  EXPECT_FALSE(effect && effect->p_upper < 0.5);
}

TEST(ErrorEffectTest, ZeroAgainstMany) {
  const auto effect =
      EstimateErrorEffect(Runs({0, 0, 0}, 10'000), Runs({90, 100, 110}, 10'000), kConfidence);
  ASSERT_TRUE(effect);
  EXPECT_DOUBLE_EQ(effect->ratio_a, 0);
  EXPECT_DOUBLE_EQ(effect->ratio_b, 0.01);
  EXPECT_LT(effect->p_upper, 0.01);
  EXPECT_GT(effect->interval.low, 0);
}

TEST(ErrorEffectTest, EvenScatterHasTheDispersionOfIndependentRequests) {
  const auto effect =
      EstimateErrorEffect(Runs({10, 10, 10}, 1'000), Runs({10, 10, 10}, 1'000), kConfidence);
  ASSERT_TRUE(effect);
  EXPECT_DOUBLE_EQ(effect->dispersion, 1);
  EXPECT_LE(effect->interval.low, 0);
  EXPECT_GE(effect->interval.high, 0);
}

// 500 errors in one run of five, none in the rest: an outage, not a property of the build.
TEST(ErrorEffectTest, AnOutageInOneRunIsNoProof) {
  const auto effect = EstimateErrorEffect(Runs({1, 0, 2, 1, 1}, 10'000),
                                          Runs({0, 500, 1, 0, 2}, 10'000), kConfidence);
  ASSERT_TRUE(effect);
  EXPECT_GT(effect->dispersion, 50);
  EXPECT_GT(effect->p_upper, 0.05);
}

TEST(ErrorEffectTest, TheSameCountInEveryRunIsProof) {
  const auto effect = EstimateErrorEffect(Runs({1, 0, 2, 1, 1}, 10'000),
                                          Runs({100, 98, 101, 99, 102}, 10'000), kConfidence);
  ASSERT_TRUE(effect);
  EXPECT_LT(effect->p_upper, 0.001);
}

TEST(ErrorEffectTest, SidesCanBeSwapped) {
  const auto a = Runs({10, 14, 9}, 1'000);
  const auto b = Runs({16, 12, 18}, 1'000);
  const auto forth = EstimateErrorEffect(a, b, kConfidence);
  const auto back = EstimateErrorEffect(b, a, kConfidence);
  ASSERT_TRUE(forth && back);
  EXPECT_NEAR(forth->interval.low, -back->interval.high, 1e-12);
  EXPECT_NEAR(forth->p_two_sided, back->p_two_sided, 1e-9);
}

TEST(ErrorEffectTest, TooFewRunsGiveNoEffect) {
  EXPECT_FALSE(EstimateErrorEffect(Runs({1}, 100), Runs({1, 2}, 100), kConfidence));
}

// Runs whose own error rates vary: 1,000 comparisons of alike sides, at most 5 % + 3 s.d. alarms.
TEST(ErrorEffectTest, FalseAlarmsStayBelowTheLevelWhenRunsVary) {
  Rng rng(5);
  int alarms = 0;
  for (int trial = 0; trial < 1'000; ++trial) {
    const auto side = [&] {
      std::vector<std::uint64_t> wrong;
      for (int run = 0; run < 5; ++run) {
        const double ratio = 0.01 * std::exp(0.5 * rng.Normal());
        std::uint64_t count = 0;
        for (int request = 0; request < 1'000; ++request) {
          count += rng.Uniform() < ratio ? 1U : 0U;
        }
        wrong.push_back(count);
      }
      return Runs(wrong, 1'000);
    };
    const auto a = side();
    const auto b = side();
    const auto effect = EstimateErrorEffect(a, b, kConfidence);
    alarms += effect && effect->p_upper < 0.05 ? 1 : 0;
  }
  EXPECT_LE(alarms, 71);
}

}  // namespace
}  // namespace weir::analysis
