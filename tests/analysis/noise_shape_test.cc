#include "analysis/noise_shape.h"

#include <cmath>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/held_steps.h"
#include "base/rng.h"

namespace weir::analysis {
namespace {

StepOptions Options(int runs) {
  StepOptions options;
  options.penalty = 2 + std::log(runs);
  return options;
}

// A machine with two speeds, two deviations apart, that steps by less than that.
std::vector<double> TwoSpeeds(int n, double step, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<double> values;
  for (int t = 0; t < n; ++t) {
    const double speed = rng.Uniform() < 0.35 ? 2 : 0;
    values.push_back(0.3 * rng.Normal() + speed + (t >= n / 2 ? step : 0));
  }
  return values;
}

std::vector<double> Normal(int n, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<double> values;
  for (int t = 0; t < n; ++t) {
    values.push_back(rng.Normal());
  }
  return values;
}

TEST(ShapeFitTest, SeesAStepThatTheSpreadOfTwoSpeedsHides) {
  int normal = 0;
  int shaped = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const std::vector<double> values = TwoSpeeds(120, 0.6, seed);
    const FilterGains independent({});
    StepSearch search(independent, values, Options(120));
    search.Run();
    normal += search.steps().empty() ? 0 : 1;
    const std::optional<ShapeFit> fit =
        ShapeFit::Of(values, search.steps(), Options(120), search.Score());
    ASSERT_TRUE(fit);
    shaped += fit->steps().size() == 1 && std::abs(fit->steps()[0] - 60) <= 3 ? 1 : 0;
    EXPECT_LT(fit->score(), search.Score());
  }
  EXPECT_GE(shaped, 18);
  EXPECT_LE(normal, 10);
}

TEST(ShapeFitTest, NormalNoiseIsNotWorthAShape) {
  int chosen = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const std::vector<double> values = Normal(150, seed);
    const std::optional<ShapeFit> fit = ShapeFit::Of(values, {}, Options(150), 1e9);
    ASSERT_TRUE(fit);
    const FilterGains independent({});
    chosen += fit->score() < HeldSteps(values, {}, Options(150)).Score(independent) ? 1 : 0;
    EXPECT_TRUE(fit->steps().empty());
  }
  EXPECT_LE(chosen, 2);
}

TEST(ShapeFitTest, ReadingPeaksAtTheStepAndGivesItsSize) {
  const std::vector<double> values = TwoSpeeds(200, 1.0, 5);
  const std::optional<ShapeFit> fit = ShapeFit::Of(values, std::vector<int>{97}, Options(200), 1e9);
  ASSERT_TRUE(fit);
  ASSERT_EQ(fit->steps().size(), 1U);
  const StepSearch::StepReading reading = fit->Read(0);
  EXPECT_NEAR(reading.size, 1.0, 0.15);
  EXPECT_GT(reading.gain, 20);
  for (const double odds : reading.log_odds) {
    EXPECT_LE(odds, reading.log_odds[static_cast<std::size_t>(fit->steps()[0])] + 1e-3);
  }
}

TEST(ShapeFitTest, EqualValuesHaveNoShape) {
  EXPECT_FALSE(ShapeFit::Of(std::vector<double>(20, 3.0), {}, Options(20), 1e9));
}

}  // namespace
}  // namespace weir::analysis
