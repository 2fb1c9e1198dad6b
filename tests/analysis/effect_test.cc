#include "analysis/effect.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::analysis {
namespace {

constexpr double kNoFloor = 1e-9;

RunOrder Pairs(std::size_t count) {
  RunOrder order;
  order.design = RunDesign::kDuet;
  for (std::size_t i = 0; i < count; ++i) {
    order.slot_a.push_back(static_cast<double>(i));
    order.slot_b.push_back(static_cast<double>(i));
  }
  return order;
}

// A B A B ...: A in the even places.
RunOrder Alternating(std::size_t count) {
  RunOrder order;
  order.design = RunDesign::kInterleaved;
  for (std::size_t i = 0; i < count; ++i) {
    order.slot_a.push_back(static_cast<double>(2 * i));
    order.slot_b.push_back(static_cast<double>(2 * i + 1));
  }
  return order;
}

// Differences 1, 2, 3: mean 2, variance 1, error sqrt(1/3), df 2.
TEST(EffectTest, PairsGiveTheMeanOfTheirDifferences) {
  const std::vector<double> a = {10, 20, 30};
  const std::vector<double> b = {11, 22, 33};
  const auto effect = EstimateEffect(a, b, Pairs(3), {.error_min = kNoFloor});
  ASSERT_TRUE(effect);
  EXPECT_DOUBLE_EQ(effect->difference, 2);
  EXPECT_DOUBLE_EQ(effect->variance, 1);
  EXPECT_DOUBLE_EQ(effect->error, std::sqrt(1.0 / 3));
  EXPECT_DOUBLE_EQ(effect->df, 2);
  EXPECT_DOUBLE_EQ(effect->level_a, 20);
}

// What the machine does to both sides of a pair cancels, however large.
TEST(EffectTest, PairsDoNotSeeWhatTheyShare) {
  std::vector<double> a = {1, 2, 3, 4};
  std::vector<double> b = {1.5, 2.4, 3.6, 4.5};
  const auto plain = EstimateEffect(a, b, Pairs(4), {.error_min = kNoFloor});
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] += 1000.0 * static_cast<double>(i);
    b[i] += 1000.0 * static_cast<double>(i);
  }
  const auto shifted = EstimateEffect(a, b, Pairs(4), {.error_min = kNoFloor});
  EXPECT_NEAR(shifted->difference, plain->difference, 1e-9);
  EXPECT_NEAR(shifted->error, plain->error, 1e-9);
}

// value = 5 + 0.5 * (side is b) + 0.1 * slot, without noise: the trend is taken out to the digit.
TEST(EffectTest, AlternatingRunsHaveTheirTrendTakenOut) {
  const RunOrder order = Alternating(5);
  std::vector<double> a;
  std::vector<double> b;
  for (std::size_t i = 0; i < 5; ++i) {
    a.push_back(5 + 0.1 * order.slot_a[i]);
    b.push_back(5.5 + 0.1 * order.slot_b[i]);
  }
  const auto effect = EstimateEffect(a, b, order, {.error_min = kNoFloor});
  ASSERT_TRUE(effect);
  EXPECT_NEAR(effect->difference, 0.5, 1e-12);
  EXPECT_NEAR(effect->level_a, 5 + 0.1 * 4.5, 1e-12);
  EXPECT_DOUBLE_EQ(effect->df, 7);
  EXPECT_DOUBLE_EQ(effect->error, kNoFloor);
}

// The same least squares by the normal equations of (1, side, slot), solved by Cramer's rule.
TEST(EffectTest, AgreesWithTheNormalEquations) {
  Rng rng(3);
  for (int trial = 0; trial < 50; ++trial) {
    RunOrder order;
    order.design = RunDesign::kSequential;
    std::vector<double> a;
    std::vector<double> b;
    double n = 0, s1 = 0, t = 0, s1t = 0, tt = 0, y = 0, s1y = 0, ty = 0;
    for (int i = 0; i < 9; ++i) {
      const bool side = i % 3 == 1;
      const double slot = static_cast<double>(i) + rng.Uniform();
      const double value = rng.Normal();
      (side ? order.slot_b : order.slot_a).push_back(slot);
      (side ? b : a).push_back(value);
      n += 1;
      s1 += side;
      t += slot;
      s1t += side ? slot : 0;
      tt += slot * slot;
      y += value;
      s1y += side ? value : 0;
      ty += slot * value;
    }
    const auto det = [](double m11, double m12, double m13, double m21, double m22, double m23,
                        double m31, double m32, double m33) {
      return m11 * (m22 * m33 - m23 * m32) - m12 * (m21 * m33 - m23 * m31) +
             m13 * (m21 * m32 - m22 * m31);
    };
    const double whole = det(n, s1, t, s1, s1, s1t, t, s1t, tt);
    const double side = det(n, y, t, s1, s1y, s1t, t, ty, tt) / whole;
    const auto effect = EstimateEffect(a, b, order, {.error_min = kNoFloor});
    ASSERT_TRUE(effect);
    EXPECT_NEAR(effect->difference, side, 1e-9);
  }
}

TEST(EffectTest, ErrorIsNeverBelowTheFloor) {
  const std::vector<double> same = {1, 1, 1};
  const auto effect = EstimateEffect(same, same, Pairs(3), {.error_min = 0.01});
  ASSERT_TRUE(effect);
  EXPECT_DOUBLE_EQ(effect->error, 0.01);
  EXPECT_DOUBLE_EQ(effect->p_upper(), 0.5);
}

// Differences 1..9 and 100; one left out at each end. Mean of 2..9: 5.5. Winsorised 2, 2, 3..9, 9:
// squares 66.5 around 5.5, df 8 - 1, error^2 = 66.5 / (8 * 7). One wild pair among ten.
TEST(EffectTest, TrimmedPairsLeaveOutTheWildOnes) {
  const std::vector<double> a(10, 0);
  const std::vector<double> b = {3, 1, 100, 4, 2, 9, 8, 7, 6, 5};
  const auto effect = EstimateEffect(a, b, Pairs(10), {.error_min = kNoFloor, .trimmed = 0.1});
  ASSERT_TRUE(effect);
  EXPECT_DOUBLE_EQ(effect->difference, 5.5);
  EXPECT_DOUBLE_EQ(effect->df, 7);
  EXPECT_DOUBLE_EQ(effect->error, std::sqrt(66.5 / 56));
  const auto few = EstimateEffect({a.data(), 9}, {b.data(), 9}, Pairs(9),
                                  {.error_min = kNoFloor, .trimmed = 0.1});
  EXPECT_DOUBLE_EQ(few->df, 8);
}

// Trimming keeps its level where a few differences are wild: 5 % of 2,000, give or take 2 %.
TEST(EffectTest, TrimmedPairsKeepTheirLevelUnderHeavyTails) {
  Rng rng(31);
  const std::vector<double> a(10, 0);
  std::vector<double> b(10);
  int alarms = 0;
  for (int trial = 0; trial < 2'000; ++trial) {
    for (double& value : b) {
      value = rng.Normal() * (rng.Below(5) == 0 ? 30 : 1);
    }
    alarms +=
        EstimateEffect(a, b, Pairs(10), {.error_min = kNoFloor, .trimmed = 0.1})->p_upper() < 0.05
            ? 1
            : 0;
  }
  EXPECT_LE(alarms, 120);
}

// Variance 1 with 2 df and 0.5 with 8: (8 * 0.5 + 2 * 1) / 10 = 0.6.
TEST(EffectTest, EarlierNoiseIsPooledByDegreesOfFreedom) {
  const std::vector<double> a = {10, 20, 30};
  const std::vector<double> b = {11, 22, 33};
  const auto effect = EstimateEffect(
      a, b, Pairs(3), {.error_min = kNoFloor, .earlier = {.variance = 0.5, .df = 8}});
  ASSERT_TRUE(effect);
  EXPECT_DOUBLE_EQ(effect->variance, 0.6);
  EXPECT_DOUBLE_EQ(effect->df, 10);
  EXPECT_DOUBLE_EQ(effect->earlier_df, 8);
  EXPECT_DOUBLE_EQ(effect->error, std::sqrt(0.2));
}

// The 95 % point of F with 2 and 8 df is 4.45897 (scipy.stats.f.ppf): noise that has grown beyond
// that is not pooled away.
TEST(EffectTest, NoiseThatHasGrownIsNotPooledAway) {
  const std::vector<double> a = {10, 20, 30};
  const std::vector<double> b = {11, 22, 33};
  const auto with = [&](double variance) {
    return EstimateEffect(a, b, Pairs(3),
                          {.error_min = kNoFloor, .earlier = {.variance = variance, .df = 8}});
  };
  EXPECT_DOUBLE_EQ(with(1 / 4.4588)->df, 10);
  EXPECT_DOUBLE_EQ(with(1 / 4.4591)->df, 2);
  EXPECT_DOUBLE_EQ(with(1 / 4.4591)->variance, 1);
}

TEST(EffectTest, TooFewRunsGiveNoEffect) {
  const std::vector<double> one = {1};
  const std::vector<double> two = {1, 2};
  EXPECT_FALSE(EstimateEffect(one, one, Pairs(1), {.error_min = kNoFloor}));
  EXPECT_FALSE(EstimateEffect(two, two, Pairs(2), {.error_min = kNoFloor}));
  EXPECT_FALSE(EstimateEffect(two, two, Alternating(2), {.error_min = kNoFloor}));
}

TEST(EffectTest, ScaleAndShiftCarryOver) {
  const std::vector<double> a = {1, 2, 4, 3};
  const std::vector<double> b = {2, 2.5, 6, 4};
  std::vector<double> a2;
  std::vector<double> b2;
  for (std::size_t i = 0; i < a.size(); ++i) {
    a2.push_back(7 + 3 * a[i]);
    b2.push_back(7 + 3 * b[i]);
  }
  const auto plain = EstimateEffect(a, b, Alternating(4), {.error_min = kNoFloor});
  const auto scaled = EstimateEffect(a2, b2, Alternating(4), {.error_min = kNoFloor});
  EXPECT_NEAR(scaled->difference, 3 * plain->difference, 1e-12);
  EXPECT_NEAR(scaled->t(), plain->t(), 1e-12);
}

// The numbers of runs that the power of Student's t needs, as R's power.t.test gives them
// (delta = 1, sd = 1, one-sided, power 0.8): two samples 14 a side at 5 %, paired 8.
TEST(EffectTest, RunsNeededAgreesWithPowerTables) {
  Effect effect;
  effect.variance = 1;
  const auto alternating = RunsNeeded(effect, RunDesign::kInterleaved, 0.05, 1);
  const auto paired = RunsNeeded(effect, RunDesign::kDuet, 0.05, 1);
  ASSERT_TRUE(alternating && paired);
  EXPECT_NEAR(*alternating, 14, 1);
  EXPECT_NEAR(*paired, 8, 1);
  EXPECT_FALSE(RunsNeeded(effect, RunDesign::kDuet, 0.05, 0.01));
}

// On pure noise the one-sided test at 5 % fails 5 %: of 4,000 trials 200, s.d. 14.
TEST(EffectTest, FalseAlarmsAreAsOftenAsTheLevelSays) {
  Rng rng(11);
  for (const RunOrder& order : {Pairs(5), Alternating(5)}) {
    int alarms = 0;
    for (int trial = 0; trial < 4'000; ++trial) {
      std::vector<double> a(5);
      std::vector<double> b(5);
      for (std::size_t i = 0; i < 5; ++i) {
        a[i] = rng.Normal() + 0.3 * order.slot_a[i];
        b[i] = rng.Normal() + 0.3 * order.slot_b[i];
      }
      alarms += EstimateEffect(a, b, order, {.error_min = kNoFloor})->p_upper() < 0.05 ? 1 : 0;
    }
    EXPECT_NEAR(alarms, 200, 4 * 14);
  }
}

}  // namespace
}  // namespace weir::analysis
