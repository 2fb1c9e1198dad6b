#include "analysis/steadiness.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::analysis {
namespace {

// Autoregressive of first order around 0, scatter 1.
std::vector<double> Series(std::uint64_t seed, std::size_t length, double memory) {
  Rng rng(seed);
  std::vector<double> series;
  double value = rng.Normal();
  for (std::size_t i = 0; i < length; ++i) {
    series.push_back(value);
    value = memory * value + std::sqrt(1 - memory * memory) * rng.Normal();
  }
  return series;
}

// By hand: 1 2 3, mean 2: products (0)(-1) + (1)(0) = 0, squares 2.
TEST(LagOneCorrelationTest, AgreesWithHandComputedValues) {
  EXPECT_DOUBLE_EQ(*LagOneCorrelation(std::vector<double>{1, 2, 3}), 0);
  // 1 -1 1 -1: products -3, squares 4.
  EXPECT_DOUBLE_EQ(*LagOneCorrelation(std::vector<double>{1, -1, 1, -1}), -0.75);
  EXPECT_FALSE(LagOneCorrelation(std::vector<double>{2, 2, 2}));
  EXPECT_FALSE(LagOneCorrelation(std::vector<double>{1, 2}));
}

// scipy.stats: theilslopes gives 0.1 a step; all 45 pairs rise: S = 45, var = 10*9*25/18 = 125,
// z = 44 / sqrt(125) = 3.9355, p = 8.30e-5 (the line leaves no residuals, so no correction but
// that of the bias).
TEST(TrendOfTest, FindsALine) {
  std::vector<double> line;
  for (int i = 0; i < 10; ++i) {
    line.push_back(0.1 * i);
  }
  const auto trend = TrendOf(line);
  ASSERT_TRUE(trend);
  EXPECT_NEAR(trend->change, 0.9, 1e-12);
  EXPECT_LT(trend->p, 1e-3);
}

TEST(TrendOfTest, TurnsWithTimeAndScalesWithTheValues) {
  std::vector<double> series = Series(5, 30, 0.3);
  const auto forward = TrendOf(series);
  std::vector<double> scaled = series;
  for (double& value : scaled) {
    value = 3 * value + 7;
  }
  EXPECT_NEAR(TrendOf(scaled)->change, 3 * forward->change, 1e-9);
  EXPECT_NEAR(TrendOf(scaled)->p, forward->p, 1e-9);
  const std::vector<double> back(series.rbegin(), series.rend());
  EXPECT_NEAR(TrendOf(back)->change, -forward->change, 1e-9);
}

// 3,000 series without trend at a level of 1 %: at most 1 % + 4 standard deviations of false
// alarms when independent; with the memory of real seconds (0.5) at most three times that.
TEST(TrendOfTest, FalseAlarmsAreAsRareAsTheLevel) {
  constexpr int kSeries = 3000;
  constexpr double kLevel = 0.01;
  for (const auto& [memory, bound] : {std::pair{0.0, kLevel}, {0.5, 3 * kLevel}}) {
    int alarms = 0;
    for (int i = 0; i < kSeries; ++i) {
      alarms += TrendOf(Series(static_cast<std::uint64_t>(i), 30, memory))->p < kLevel ? 1 : 0;
    }
    EXPECT_LE(alarms, kSeries * bound + 4 * std::sqrt(kSeries * bound)) << memory;
  }
}

TEST(EstimateWarmUpEndTest, FindsWhereAStepEnds) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    std::vector<double> series = Series(seed, 40, 0);
    for (std::size_t i = 0; i < 6; ++i) {
      series[i] += 10;
    }
    const auto end = EstimateWarmUpEnd(series);
    ASSERT_TRUE(end);
    EXPECT_NEAR(static_cast<double>(end->index), 6, 2) << seed;
    EXPECT_NEAR(end->excess, 10, 3) << seed;
  }
}

TEST(EstimateWarmUpEndTest, CutsNothingOffASteadySeries) {
  int cuts = 0;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    const auto end = EstimateWarmUpEnd(Series(seed, 30, 0.2));
    cuts += end && end->index == 0 ? 0 : 1;
  }
  // 4 sigmas and a cut of the edge: rare. Bound: 1 % and four standard deviations.
  EXPECT_LE(cuts, 23);
}

// A few values at the end that happen to be alike are no sign that it has not settled before.
// Without a look at their level it was said of 3 % of these.
TEST(EstimateWarmUpEndTest, FindsWhereAStepOfAShortSeriesEnds) {
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    std::vector<double> series = Series(seed, 14, 0);
    for (std::size_t i = 0; i < 4; ++i) {
      series[i] += 20;
    }
    const auto end = EstimateWarmUpEnd(series);
    found += end && end->index >= 4 && end->index <= 7 ? 1 : 0;
  }
  EXPECT_GE(found, 975);
}

// Of a server that waits for 150 ms and then for 30 ms, and hardly anything else.
TEST(EstimateWarmUpEndTest, AHiccupInAVeryQuietSeriesIsNoLateEnd) {
  const std::vector<double> series = {1.6,  1.6,  1.6,  1.6, 0.0012, 0.0010, 0.0300,
                                      0.02, 0.02, 0.02, 0.0, 0.0001, 0.0,    0.0001};
  const auto end = EstimateWarmUpEnd(series);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->index, 4U);
}

TEST(EstimateWarmUpEndTest, SaysNothingOfASeriesThatSettlesTooLate) {
  int silent = 0;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    std::vector<double> series = Series(seed, 20, 0);
    for (std::size_t i = 0; i < 13; ++i) {
      series[i] += 20;
    }
    silent += EstimateWarmUpEnd(series) ? 0 : 1;
  }
  EXPECT_GE(silent, 970);
}

TEST(EstimateWarmUpEndTest, SaysNothingOfASeriesThatNeverSettles) {
  std::vector<double> series(20, 0.0);
  for (std::size_t i = 0; i < 14; ++i) {
    series[i] = 10 - 0.01 * static_cast<double>(i);
  }
  EXPECT_FALSE(EstimateWarmUpEnd(series));
  EXPECT_FALSE(EstimateWarmUpEnd(std::vector<double>{1, 2, 3}));
}

}  // namespace
}  // namespace weir::analysis
