#include "analysis/anderson_darling.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::analysis {
namespace {

// Marsaglia and Marsaglia (2004), table of the limiting distribution.
TEST(AndersonDarlingTailTest, AgreesWithThePublishedQuantiles) {
  constexpr std::size_t kMany = 1'000'000;
  EXPECT_NEAR(AndersonDarlingTail(1.9329578327, kMany), 0.10, 2e-5);
  EXPECT_NEAR(AndersonDarlingTail(2.4923671600, kMany), 0.05, 2e-5);
  EXPECT_NEAR(AndersonDarlingTail(3.8781250216, kMany), 0.01, 2e-5);
}

TEST(AndersonDarlingTailTest, FallsAllTheWay) {
  double before = 1;
  for (double a2 = 0.05; a2 < 300; a2 *= 1.05) {
    const double p = AndersonDarlingTail(a2, 50);
    EXPECT_LE(p, before + 1e-9) << a2;
    EXPECT_GE(p, 0) << a2;
    before = p;
  }
  EXPECT_LT(before, 1e-100);
}

// By hand for n = 8 evenly spread values (2i - 1) / 16: A^2 = -8 - S / 8 with
// S = sum (2i - 1) (ln u_i + ln(1 - u_{9-i})) = sum 2 (2i - 1) ln u_i, as u_{9-i} = 1 - u_i.
TEST(TestUniformTest, AgreesWithTheSumWorkedOutByHand) {
  std::vector<double> values;
  double sum = 0;
  for (int i = 1; i <= 8; ++i) {
    const double u = (2.0 * i - 1) / 16;
    values.push_back(u);
    sum += 2 * (2 * i - 1) * std::log(u);
  }
  const auto test = TestUniform(values);
  ASSERT_TRUE(test);
  EXPECT_NEAR(test->a2, -8 - sum / 8, 1e-12);
  EXPECT_GT(test->p, 0.99);
}

TEST(TestUniformTest, NeedsSomeValuesAndSurvivesTheEnds) {
  EXPECT_FALSE(TestUniform({0.1, 0.2, 0.3}));
  const auto ends = TestUniform(std::vector<double>(20, 0.0));
  ASSERT_TRUE(ends);
  EXPECT_LT(ends->p, 1e-9);
  EXPECT_TRUE(std::isfinite(ends->a2));
}

// 4,000 uniform samples: the share of p below a level is binomial around the level. Bounds: four
// standard deviations.
TEST(TestUniformTest, ItsPValuesAreUniformOnNullData) {
  constexpr int kSamples = 4000;
  for (const std::size_t size : {8U, 30U, 1000U}) {
    Rng rng(7 + size);
    int below_10 = 0;
    int below_1 = 0;
    const int samples = size > 100 ? kSamples / 4 : kSamples;
    for (int i = 0; i < samples; ++i) {
      std::vector<double> values(size);
      for (double& value : values) {
        value = rng.Uniform();
      }
      const double p = TestUniform(std::move(values))->p;
      below_10 += p < 0.10 ? 1 : 0;
      below_1 += p < 0.01 ? 1 : 0;
    }
    EXPECT_NEAR(below_10, samples * 0.10, 4 * std::sqrt(samples * 0.09)) << size;
    EXPECT_NEAR(below_1, samples * 0.01, 4 * std::sqrt(samples * 0.0099)) << size;
  }
}

}  // namespace
}  // namespace weir::analysis
