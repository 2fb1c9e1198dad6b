#include "analysis/history_season.h"

#include <cmath>
#include <numbers>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/changepoint.h"
#include "base/rng.h"

namespace weir::analysis {
namespace {

// Values around 100 with a season of 7 runs, and a step at run 60.
std::vector<double> Weekly(double swing, double step, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<double> values;
  for (int t = 0; t < 120; ++t) {
    const double season = swing * std::sin(2 * std::numbers::pi * t / 7);
    values.push_back(100 + season + rng.Normal() + (t >= 60 ? step : 0));
  }
  return values;
}

TEST(FindSeasonTest, FindsAStrongSeasonAndItsPattern) {
  const std::optional<HistorySeason> season = FindSeason(Weekly(5, 0, 1));
  ASSERT_TRUE(season);
  EXPECT_EQ(season->period, 7);
  for (std::size_t t = 0; t < 120; ++t) {
    EXPECT_NEAR(season->pattern[t], 5 * std::sin(2 * std::numbers::pi * static_cast<double>(t) / 7),
                2.5);
  }
}

TEST(FindSeasonTest, FindsNoneInNoiseWithOrWithoutMemory) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(seed);
    std::vector<double> independent;
    std::vector<double> with_memory = {0};
    for (int t = 0; t < 100; ++t) {
      independent.push_back(rng.Normal());
      with_memory.push_back(0.8 * with_memory.back() + rng.Normal());
    }
    EXPECT_FALSE(FindSeason(independent)) << seed;
    EXPECT_FALSE(FindSeason(with_memory)) << seed;
  }
}

TEST(FindSeasonTest, TwoStepsAreNotASeason) {
  Rng rng(3);
  std::vector<double> values;
  for (int t = 0; t < 120; ++t) {
    values.push_back(rng.Normal() + (t >= 40 ? 20 : 0) + (t >= 70 ? 20 : 0));
  }
  EXPECT_FALSE(FindSeason(values));
}

TEST(FindSeasonTest, TheStepIsFoundUnderTheSeason) {
  const ChangePoints found = FindChangePoints({Weekly(5, 4, 2), {}});
  ASSERT_EQ(found.points.size(), 1U);
  EXPECT_NEAR(static_cast<double>(found.points[0].index), 60, 1);
  EXPECT_EQ(found.noise.period, 7);
  EXPECT_TRUE(FindChangePoints({Weekly(5, 0, 2), {}}).points.empty());
}

TEST(FindSeasonTest, ShortHistoriesHaveNoSeason) {
  EXPECT_FALSE(FindSeason(std::vector<double>{}));
  EXPECT_FALSE(FindSeason(std::vector<double>{1, 2, 1, 2, 1}));
}

}  // namespace
}  // namespace weir::analysis
