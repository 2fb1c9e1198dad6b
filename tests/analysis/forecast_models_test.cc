// Each model on series whose continuation is known.

#include "analysis/forecast_models.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/forecast_autoregression.h"
#include "analysis/forecast_profile.h"
#include "analysis/forecast_smoothing.h"
#include "tests/analysis/forecast_series.h"

namespace weir::analysis {
namespace {

// `known` values of `all`, and the rest to forecast from two origins.
ForecastTask TaskOf(std::vector<double> values, std::size_t horizon) {
  const std::size_t n = values.size();
  return {.values = std::move(values), .origins = {n - horizon, n}, .horizon = horizon};
}

template <typename F>
std::vector<double> Sampled(std::size_t n, const F& f) {
  std::vector<double> values(n);
  for (std::size_t t = 0; t < n; ++t) {
    values[t] = f(static_cast<double>(t));
  }
  return values;
}

void ExpectNear(const Path& path, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(path.size(), expected.size());
  for (std::size_t h = 0; h < path.size(); ++h) {
    EXPECT_NEAR(path[h], expected[h], tolerance) << "step " << h + 1;
  }
}

// numpy 1.24:
//   t = np.arange(60); x = 10 + 3*np.sin(.9*t) + np.cos(.3*t*t); T = np.arange(3, 60)
//   b = np.linalg.lstsq(np.stack([x[T-1], x[T-3], np.ones(57)], 1), x[T], rcond=None)[0]
// then iterated forward.
TEST(AutoregressTest, AgreesWithLeastSquaresOfNumpy) {
  const auto values =
      Sampled(60, [](double t) { return 10 + 3 * std::sin(0.9 * t) + std::cos(0.3 * t * t); });
  const auto model =
      Autoregress(TaskOf(values, 4), {.name = "", .lags = {1, 3}, .ridge = 0, .decay = 1});
  ASSERT_TRUE(model);
  ExpectNear(model->paths.back(), {8.225235968019, 7.906283301480, 8.428169385700, 10.807046966686},
             1e-10);
}

// The same with weights w = .95 ** (59 - T), both sides minus their weighted means, and
//   b = np.linalg.solve(S + .1 * np.trace(S) / 2 * np.eye(2), X.T @ (w * y)), S = X.T @ (w * X).
TEST(AutoregressTest, AgreesWithNumpyWithRidgeAndDecay) {
  const auto values =
      Sampled(60, [](double t) { return 10 + 3 * std::sin(0.9 * t) + std::cos(0.3 * t * t); });
  const auto model =
      Autoregress(TaskOf(values, 4), {.name = "", .lags = {1, 3}, .ridge = 0.1, .decay = 0.95});
  ASSERT_TRUE(model);
  ExpectNear(model->paths.back(), {8.303223548611, 8.084254239633, 8.603575934462, 10.724461230573},
             1e-10);
}

TEST(AutoregressTest, ContinuesARecursionThatHoldsExactly) {
  // Any sine is a recursion on two lags.
  const auto wave = [](double t) { return 7 + std::sin(0.4 * t); };
  const auto all = Sampled(60, wave);
  const auto model = Autoregress(TaskOf({all.begin(), all.begin() + 50}, 10),
                                 {.name = "", .lags = {1, 2}, .ridge = 1e-12, .decay = 1});
  ASSERT_TRUE(model);
  ExpectNear(model->paths.back(), {all.begin() + 50, all.end()}, 1e-6);
}

TEST(AutoregressTest, OfChangesContinuesALine) {
  const auto all = Sampled(40, [](double t) { return 3 * t; });
  const auto model = Autoregress(TaskOf({all.begin(), all.begin() + 35}, 5),
                                 {.name = "", .lags = {1}, .difference = 1, .decay = 1});
  ASSERT_TRUE(model);
  ExpectNear(model->paths.back(), {all.begin() + 35, all.end()}, 1e-9);
}

// Extending the cross products from origin to origin must be the same as starting anew.
TEST(AutoregressTest, AnEarlierOriginDoesNotKnowWhatComesAfter) {
  Rng rng(1);
  const auto all = Autocorrelated(rng, 300);
  const AutoregressionSpec spec{
      .name = "", .lags = {1, 2, 7}, .difference = 1, .ridge = 1e-2, .decay = 0.99};
  const auto together =
      Autoregress({.values = all, .origins = {200, 230, 300}, .horizon = 9}, spec);
  ASSERT_TRUE(together);
  for (const std::size_t i : {0U, 1U, 2U}) {
    const std::size_t known = std::vector<std::size_t>{200, 230, 300}[i];
    const std::vector<double> part(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(known));
    const auto alone = Autoregress({.values = part, .origins = {known}, .horizon = 9}, spec);
    ASSERT_TRUE(alone);
    ExpectNear(together->paths[i], alone->paths[0], 1e-9);
  }
}

TEST(AutoregressTest, NeedsTwoRowsPerCoefficient) {
  const auto values = Sampled(12, [](double t) { return t; });
  EXPECT_FALSE(Autoregress({.values = values, .origins = {12}, .horizon = 1},
                           {.name = "", .lags = {1, 2, 3, 4}}));
  EXPECT_TRUE(
      Autoregress({.values = values, .origins = {12}, .horizon = 1}, {.name = "", .lags = {1, 2}}));
}

TEST(AutoregressTest, AnExplodingRecursionIsKeptNearTheData) {
  const auto values = Sampled(60, [](double t) { return std::exp(t / 5); });
  const auto model = Autoregress(TaskOf(values, 50), {.name = "", .lags = {1}, .decay = 1});
  if (model) {
    EXPECT_LE(*std::max_element(model->paths[1].begin(), model->paths[1].end()),
              2 * values.back() - values.front());
  }
}

TEST(SmoothSeasonsTest, ContinuesTwoSeasonsThatRepeatExactly) {
  const auto day_and_week = [](double t) {
    const double day = std::fmod(t, 4);
    return 50 + day * day + (std::fmod(t, 12) < 4 ? 5 : 0);
  };
  const auto all = Sampled(132, day_and_week);
  const auto model = SmoothSeasons(TaskOf({all.begin(), all.begin() + 120}, 12),
                                   {.name = "", .short_season = 4, .long_season = 12});
  ASSERT_TRUE(model);
  ExpectNear(model->paths.back(), {all.begin() + 120, all.end()}, 1e-9);
}

TEST(SmoothSeasonsTest, NeedsTwoLongSeasons) {
  const auto values = Sampled(23, [](double t) { return t; });
  EXPECT_FALSE(SmoothSeasons({.values = values, .origins = {23}, .horizon = 1},
                             {.name = "", .short_season = 4, .long_season = 12}));
}

TEST(DampedTrendTest, FollowsALineAndFlattens) {
  const auto values = Sampled(60, [](double t) { return 2 * t; });
  const Path path = DampedTrend(TaskOf(values, 10)).paths.back();
  EXPECT_NEAR(path[0], 120, 0.5);
  for (std::size_t h = 1; h < path.size(); ++h) {
    EXPECT_GT(path[h], path[h - 1]);
    EXPECT_LE(path[h] - path[h - 1], 2.0);
  }
}

TEST(ThetaTest, AddsHalfTheSlopeToTheLevel) {
  // On a line the best smoothing constant is 1: the level is the last value.
  const auto values = Sampled(40, [](double t) { return 5 + 4 * t; });
  ExpectNear(Theta(TaskOf(values, 3)).paths.back(), {161 + 2, 161 + 4, 161 + 6}, 1e-9);
}

TEST(SmoothLevelTest, RepeatsTheLevel) {
  const std::vector<double> values(20, 8.5);
  ExpectNear(SmoothLevel(TaskOf(values, 3)).paths.back(), {8.5, 8.5, 8.5}, 0);
}

TEST(SeasonalMeanTest, WeighsTheSeasonsByTheirAge) {
  // Season of two: the last two seasons are (3, 30) and (1, 10), newest first.
  const std::vector<double> values = {7, 70, 1, 10, 3, 30};
  const auto model = SeasonalMean({.values = values, .origins = {6}, .horizon = 3},
                                  {.name = "", .season = 2, .seasons = 2, .fade = 0.5});
  ASSERT_TRUE(model);
  // (3 + 0.5 * 1) / 1.5, (30 + 0.5 * 10) / 1.5, and the first again.
  ExpectNear(model->paths[0], {3.5 / 1.5, 35 / 1.5, 3.5 / 1.5}, 1e-12);
}

TEST(SeasonalProfileTest, ContinuesASeasonOfBrokenLength) {
  const auto wave = [](double t) { return 20 + 3 * std::sin(2 * std::numbers::pi * t / 52.18); };
  const auto all = Sampled(413, wave);
  const auto model = SeasonalProfile(TaskOf({all.begin(), all.begin() + 400}, 13), 52.18);
  ASSERT_TRUE(model);
  // The moving mean of 53 of 52.18 steps is not quite flat, and a bin is one step wide.
  ExpectNear(model->paths.back(), {all.begin() + 400, all.end()}, 0.5);
}

TEST(RunModelsTest, ThereIsAModelForTheShortestTask) {
  const auto models = RunModels({.values = {1, 2, 3}, .origins = {2, 3}, .horizon = 2}, {});
  ASSERT_FALSE(models.empty());
  for (const ModelPaths& model : models) {
    ASSERT_EQ(model.paths.size(), 2U);
    EXPECT_EQ(model.paths[0].size(), 2U);
  }
}

TEST(RunModelsTest, ValuesAtOrBelowZeroGetNoLogarithms) {
  const auto has_logs = [](std::vector<double> values) {
    const auto models = RunModels(TaskOf(std::move(values), 5), {});
    return std::any_of(models.begin(), models.end(), [](const ModelPaths& model) {
      return model.name.find("log") != std::string::npos;
    });
  };
  Rng rng(2);
  std::vector<double> values = LogNormal(rng, 100);
  EXPECT_TRUE(has_logs(values));
  values[50] = 0;
  EXPECT_FALSE(has_logs(values));
}

}  // namespace
}  // namespace weir::analysis
