#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/distributions.h"
#include "analysis/forecast_bands.h"
#include "analysis/forecast_clean.h"
#include "analysis/forecast_combination.h"
#include "analysis/forecast_crossing.h"
#include "tests/analysis/forecast_series.h"

namespace weir::analysis {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(FillGapsTest, DrawsLinesAndKeepsTheLastValue) {
  const FilledSeries filled = FillGaps(std::vector<double>{kNan, 1, kNan, kNan, 4, kNan});
  EXPECT_EQ(filled.values, (std::vector<double>{1, 2, 3, 4, 4}));
  EXPECT_EQ(filled.missing, 3U);
  EXPECT_EQ(filled.dropped, 1U);
}

TEST(FillGapsTest, InfinityIsMissingAndNothingStaysNothing) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(FillGaps(std::vector<double>{1, infinity, 3}).values, (std::vector<double>{1, 2, 3}));
  EXPECT_TRUE(FillGaps(std::vector<double>{kNan, -infinity}).values.empty());
}

TEST(CleanOutliersTest, MovesASpikeToItsSurroundings) {
  Rng rng(1);
  std::vector<double> values = WhiteNoise(rng, 300);
  values[150] = 900;
  EXPECT_EQ(CleanOutliers(values), (std::vector<std::size_t>{150}));
  EXPECT_NEAR(values[150], 100, 10);
}

TEST(CleanOutliersTest, AStepAndTheEndAreLeftAlone) {
  Rng rng(2);
  std::vector<double> values = WhiteNoise(rng, 300);
  for (std::size_t t = 200; t < 300; ++t) {
    values[t] += 500;
  }
  values[297] += 5000;
  const std::vector<double> before = values;
  EXPECT_TRUE(CleanOutliers(values).empty());
  EXPECT_EQ(values, before);
}

TEST(CleanOutliersTest, WhatRecursRegularlyIsNoOutlier) {
  Rng rng(3);
  std::vector<double> values = WhiteNoise(rng, 1200);
  for (std::size_t t = 100; t < 1100; t += 144) {
    values[t] += 500;
  }
  EXPECT_TRUE(CleanOutliers(values).empty());
}

TEST(CleanOutliersTest, ANormalSeriesIsSeldomTouched) {
  std::size_t touched = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Rng rng = Rng::ForPart(4, seed);
    std::vector<double> values = WhiteNoise(rng, 300);
    touched += CleanOutliers(values).size();
  }
  EXPECT_EQ(touched, 0U);
}

TEST(CombineModelsTest, WeighsByTheErrorsOfThePast) {
  // Model 0 is off by 1, model 1 by 2, model 2 by 4 at the past origin.
  const ForecastTask task{.values = {10, 10, 10, 10}, .origins = {2, 4}, .horizon = 2};
  const std::vector<ModelPaths> models = {{.name = "a", .paths = {{11, 11}, {1, 1}}},
                                          {.name = "b", .paths = {{8, 8}, {2, 2}}},
                                          {.name = "c", .paths = {{14, 14}, {30, 30}}}};
  const Combination combination = CombineModels(task, models, 2);
  // 1, 2^-5, 4^-5 over their sum.
  const double sum = 1 + 1.0 / 32 + 1.0 / 1024;
  EXPECT_NEAR(combination.weights[0], 1 / sum, 1e-6);
  EXPECT_NEAR(combination.weights[1], 1.0 / 32 / sum, 1e-6);
  EXPECT_NEAR(combination.errors[0], 0.5, 1e-6);  // Over the median model's.
  const double mean = (1 + 2.0 / 32 + 30.0 / 1024) / sum;
  EXPECT_NEAR(combination.now[0], (mean + 1) / 2, 1e-6);  // The weighted median is 1.
  // Judging its only origin, a model has no past: all weigh the same, (11 + 8 + 14) / 3 and 11.
  EXPECT_NEAR(combination.past[0][0], 11, 1e-9);
}

TEST(CombineModelsTest, PerfectModelsShareTheWeight) {
  const ForecastTask task{.values = {5, 5, 5}, .origins = {2, 3}, .horizon = 1};
  const std::vector<ModelPaths> models = {{.name = "a", .paths = {{5}, {5}}},
                                          {.name = "b", .paths = {{5}, {5}}}};
  const Combination combination = CombineModels(task, models, 1);
  EXPECT_EQ(combination.weights, (std::vector<double>{0.5, 0.5}));
  EXPECT_EQ(combination.now, Path{5});
}

// Errors of a known law: the quantile of the errors comes back.
TEST(ModelErrorsTest, QuantilesAreThoseOfThePastErrors) {
  Rng rng(5);
  ForecastTask task{.values = {}, .origins = {}, .horizon = 4};
  Combination combination;
  combination.now = Path(4, 0.0);
  for (std::size_t k = 0; k < 500; ++k) {
    task.origins.push_back(4 * k + 4);
    combination.past.emplace_back(4, 0.0);
  }
  for (std::size_t t = 0; t < 4 * 501; ++t) {
    task.values.push_back(3 * rng.Normal());
  }
  task.origins.push_back(task.values.size());
  const ErrorModel errors = ModelErrors(task, combination, task.values);
  EXPECT_FALSE(errors.proportional);
  // The blend with the root law moves the steps apart; over all four the factor is right.
  const double half80 = errors.Quantile(0.80) * (errors.scale[0] + errors.scale[3]) / 2;
  const double half95 = errors.Quantile(0.95) * (errors.scale[0] + errors.scale[3]) / 2;
  EXPECT_NEAR(half80, 3 * NormalQuantile(0.90), 0.25);
  EXPECT_NEAR(half95, 3 * NormalQuantile(0.975), 0.4);
}

TEST(ModelErrorsTest, TheScaleFollowsTheForecastWhenErrorsDo) {
  Rng rng(6);
  ForecastTask task{.values = std::vector<double>(2, 1.0), .origins = {}, .horizon = 1};
  Combination combination;
  for (std::size_t k = 0; k < 200; ++k) {
    const double level = k % 2 == 0 ? 100 : 1000;
    task.origins.push_back(task.values.size());
    task.values.push_back(level * (1 + 0.1 * rng.Normal()));
    combination.past.push_back({level});
  }
  task.origins.push_back(task.values.size());
  combination.now = {1000};
  const ErrorModel at_high = ModelErrors(task, combination, task.values);
  combination.now = {100};
  const ErrorModel at_low = ModelErrors(task, combination, task.values);
  EXPECT_TRUE(at_high.proportional);
  EXPECT_NEAR(at_high.scale[0] / at_low.scale[0], 10, 1e-9);
}

TEST(ModelErrorsTest, LittlePastWidensTheQuantile) {
  ErrorModel few{.scale = {1}, .standardised = {{1}, {-1}, {1}, {-1}}, .horizons = 4};
  // Too few for the quantile: normal with mean square 1, times t(0.975; 4) / z(0.975).
  EXPECT_NEAR(few.Quantile(0.95), 2.7764451052, 1e-9);
}

// First passage of a random walk: P(max of n steps >= a) by the reflection principle, in the
// continuous form with Siegmund's correction a + 0.5826 for discrete steps (Siegmund 1979).
TEST(CrossingOfTest, AgreesWithTheReflectionPrincipleOnRandomWalks) {
  constexpr std::size_t kSteps = 50;
  ErrorModel errors;
  Rng rng(7);
  for (int k = 0; k < 400; ++k) {
    Path path;
    double walk = 0;
    for (std::size_t h = 0; h < kSteps; ++h) {
      walk += rng.Normal();
      path.push_back(walk / std::sqrt(static_cast<double>(h + 1)));
    }
    errors.standardised.push_back(std::move(path));
  }
  errors.horizons = 400;
  for (std::size_t h = 0; h < kSteps; ++h) {
    errors.scale.push_back(std::sqrt(static_cast<double>(h + 1)));
  }
  const LimitCrossing crossing =
      CrossingOf(Path(kSteps, 0.0), errors, {.limit = 6, .now = 0, .seed = 1});
  EXPECT_TRUE(crossing.upward);
  for (const std::size_t steps : {10U, 25U, 50U}) {
    const double exact = 2 * NormalUpperTail((6 + 0.5826) / std::sqrt(static_cast<double>(steps)));
    // 0.008 of the simulation, and 400 paths know a correlation to about 0.05.
    EXPECT_NEAR(crossing.probability[steps - 1], exact, 0.04) << steps;
  }
}

TEST(CrossingOfTest, IsTheSameFromBelowAndFromAbove) {
  const ErrorModel errors{
      .scale = {1, 1.5}, .standardised = {{1, 1}, {-1, 1}, {1, -1}}, .horizons = 3};
  const LimitCrossing up = CrossingOf({0, 0}, errors, {.limit = 2, .now = 0});
  const LimitCrossing down = CrossingOf({0, 0}, errors, {.limit = -2, .now = 0});
  EXPECT_TRUE(up.upward);
  EXPECT_FALSE(down.upward);
  EXPECT_NEAR(up.probability[1], down.probability[1], 0.03);
  EXPECT_LE(up.probability[0], up.probability[1]);
}

TEST(CrossingOfTest, StepsUntilIsTheFirstStepWithThatProbability) {
  const LimitCrossing crossing{.limit = 1, .upward = true, .probability = {0.1, 0.5, 0.6}};
  EXPECT_EQ(crossing.StepsUntil(0.5), 2U);
  EXPECT_EQ(crossing.StepsUntil(0.05), 1U);
  EXPECT_FALSE(crossing.StepsUntil(0.9));
}

}  // namespace
}  // namespace weir::analysis
