#include "analysis/noise_choice.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/history_scale.h"
#include "base/rng.h"

namespace weir::analysis {
namespace {

constexpr int kRuns = 1024;

NoiseChoice Choose(const std::vector<double>& values) {
  const ScaledHistory scaled = ScaleHistory({values, {}});
  StepOptions options;
  options.penalty = 1.8 + std::log(kRuns);
  return ChooseNoise(scaled.values, scaled.extra_variance, options, {});
}

std::vector<double> Walk(std::uint64_t seed) {
  Rng rng(seed);
  std::vector<double> values;
  double level = 0;
  for (int t = 0; t < kRuns; ++t) {
    level += rng.Normal();
    values.push_back(level);
  }
  return values;
}

std::vector<double> Stairs(std::uint64_t seed) {
  Rng rng(seed);
  std::vector<double> values;
  for (int t = 0; t < kRuns; ++t) {
    values.push_back(rng.Normal() + (t / 50 % 2 == 0 ? 0 : 5));
  }
  return values;
}

// Every set of twenty steps has twenty subsets, which once cost passes of their own: 150 to 180 for
// a walk, 240 to 320 for stairs. Now it is a pass for each model and each set that was searched.
TEST(ChooseNoiseTest, AHistoryFullOfStepsCostsABoundedNumberOfPasses) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    for (const std::vector<double>& values : {Walk(seed), Stairs(seed)}) {
      const NoiseChoice choice = Choose(values);
      EXPECT_LE(choice.searches, kSearchesMax);
      EXPECT_LE(choice.passes, 120) << seed;
    }
  }
}

TEST(ChooseNoiseTest, GainsAreWhatTheScoreLosesWithoutTheStep) {
  const NoiseChoice choice = Choose(Stairs(9));
  ASSERT_EQ(choice.best.gains.size(), choice.best.steps.size());
  ASSERT_GE(choice.best.steps.size(), 15U);
  for (const double gain : choice.best.gains) {
    EXPECT_GT(gain, 20) << "steps of five deviations that last for fifty runs";
  }
}

}  // namespace
}  // namespace weir::analysis
