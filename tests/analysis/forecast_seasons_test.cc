#include "analysis/forecast_seasons.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "tests/analysis/forecast_series.h"

namespace weir::analysis {
namespace {

ForecastTask TaskOf(std::vector<double> values, std::size_t horizon) {
  ForecastTask task;
  const std::size_t n = values.size();
  for (std::size_t i = 10; i-- > 0;) {
    task.origins.push_back(n - horizon - i * horizon / 2);
  }
  task.origins.push_back(n);
  task.values = std::move(values);
  task.horizon = horizon;
  return task;
}

std::vector<double> StepsOf(const std::vector<Season>& seasons) {
  std::vector<double> steps;
  for (const Season& season : seasons) {
    if (season.sure) {
      steps.push_back(season.steps);
    }
  }
  return steps;
}

// A shape without a pattern of its own, repeated: only its length and multiples of it fit.
std::vector<double> Repeated(Rng& rng, std::size_t n, std::size_t season) {
  std::vector<double> shape;
  for (std::size_t i = 0; i < season; ++i) {
    shape.push_back(10 * rng.Normal());
  }
  std::vector<double> values;
  for (std::size_t t = 0; t < n; ++t) {
    values.push_back(50 + shape[t % season] + 2 * rng.Normal());
  }
  return values;
}

TEST(FindSeasonsTest, FindsASeasonThatNobodyDeclared) {
  for (const std::size_t season : {24U, 52U}) {
    Rng rng(1);
    const auto steps = StepsOf(FindSeasons(TaskOf(Repeated(rng, 900, season), 13), 0));
    ASSERT_FALSE(steps.empty());
    EXPECT_NEAR(steps[0], static_cast<double>(season), 0.5);
  }
}

TEST(FindSeasonsTest, FindsASeasonThatNoCalendarKnows) {
  Rng rng(2);
  const auto steps = StepsOf(FindSeasons(TaskOf(Repeated(rng, 600, 37), 20), 0));
  ASSERT_FALSE(steps.empty());
  EXPECT_NEAR(std::remainder(steps[0], 37), 0, 2);
}

TEST(FindSeasonsTest, FindsTheWeekBesideADeclaredDay) {
  Rng rng(3);
  const auto seasons = FindSeasons(TaskOf(TwoSeasons(rng, 900, 168), 48), 24);
  EXPECT_EQ(StepsOf(seasons), (std::vector<double>{24, 168}));
  EXPECT_TRUE(seasons[0].declared);
  EXPECT_FALSE(seasons[1].declared);
}

TEST(FindSeasonsTest, ADeclaredSeasonIsTakenAsItIs) {
  Rng rng(4);
  const auto seasons = FindSeasons(TaskOf(WhiteNoise(rng, 300), 10), 9.5);
  ASSERT_FALSE(seasons.empty());
  EXPECT_EQ(seasons[0].steps, 9.5);
}

TEST(FindSeasonsTest, AConstantSeriesHasNone) {
  EXPECT_TRUE(FindSeasons(TaskOf(std::vector<double>(200, 3.0), 10), 0).empty());
}

TEST(FindSeasonsTest, AShortSeriesHasNone) {
  Rng rng(5);
  ForecastTask task{.values = WhiteNoise(rng, 10), .origins = {5, 7, 10}, .horizon = 2};
  EXPECT_TRUE(FindSeasons(task, 0).empty());
}

// Chance alone must not be sold as a season: at most 3 % of 150 series, within binomial bounds.
TEST(FindSeasonsTest, SeriesWithoutASeasonSeldomShowASureOne) {
  using Source = std::function<std::vector<double>(Rng&, std::size_t)>;
  const Source drifting = LineWithNoise;
  const Source cauchy = [](Rng& rng, std::size_t n) {
    std::vector<double> values;
    for (std::size_t t = 0; t < n; ++t) {
      values.push_back(100 + rng.Normal() / (rng.Normal() + 1e-9));
    }
    return values;
  };
  for (const Source& source :
       {Source(WhiteNoise), Source(RandomWalk), Source(Autocorrelated), drifting, cauchy}) {
    int sure = 0;
    for (std::uint64_t seed = 0; seed < 150; ++seed) {
      Rng rng = Rng::ForPart(99, seed);
      sure += StepsOf(FindSeasons(TaskOf(source(rng, 200), 10), 0)).empty() ? 0 : 1;
    }
    EXPECT_LE(sure, 150 * 0.03 + 3.1 * std::sqrt(150 * 0.03 * 0.97));
  }
}

}  // namespace
}  // namespace weir::analysis
