#include "analysis/variance_prior.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::analysis {
namespace {

// A chi-square with `df` degrees of freedom, divided by them.
double ChiSquareOverDf(int df, Rng& rng) {
  double sum = 0;
  for (int i = 0; i < df; ++i) {
    const double z = rng.Normal();
    sum += z * z / df;
  }
  return sum;
}

TEST(VariancePriorTest, FindsWhatTheVariancesWereDrawnFrom) {
  constexpr int kOwnDf = 4;
  constexpr int kPriorDf = 10;
  Rng rng(3);
  std::vector<double> variances;
  for (int i = 0; i < 20'000; ++i) {
    variances.push_back(0.5 / ChiSquareOverDf(kPriorDf, rng) * ChiSquareOverDf(kOwnDf, rng));
  }
  const VariancePrior prior = FitVariancePrior(variances, kOwnDf);
  EXPECT_NEAR(prior.df, kPriorDf, 0.7);
  EXPECT_NEAR(prior.variance, 0.5, 0.01);
}

TEST(VariancePriorTest, VariancesThatDifferNoMoreThanByChanceCountAsOne) {
  Rng rng(4);
  std::vector<double> variances;
  for (int i = 0; i < 20'000; ++i) {
    variances.push_back(2 * ChiSquareOverDf(4, rng));
  }
  const VariancePrior prior = FitVariancePrior(variances, 4);
  EXPECT_GT(prior.df, 100);
  EXPECT_NEAR(prior.variance, 2, 0.05);
}

TEST(VariancePriorTest, TooFewVariancesTellNothing) {
  EXPECT_EQ(FitVariancePrior(std::vector<double>{1, 2}, 4).df, 0);
  EXPECT_EQ(FitVariancePrior(std::vector<double>{0, 0, 0, 1}, 4).df, 0);
}

TEST(VariancePriorTest, AnEffectIsDrawnTowardsThePriorByTheDegreesOfFreedom) {
  const Effect effect{.difference = 1, .error = 2, .df = 4, .level_a = 0, .variance = 4};
  const Effect moderated = Moderated(effect, {.df = 12, .variance = 1}, 1e-9);
  EXPECT_DOUBLE_EQ(moderated.variance, (12 * 1 + 4 * 4) / 16.0);
  EXPECT_DOUBLE_EQ(moderated.error, 2 * std::sqrt(moderated.variance / 4));
  EXPECT_EQ(moderated.df, 16);
  EXPECT_EQ(Moderated(effect, {}, 3).error, 3);
}

}  // namespace
}  // namespace weir::analysis
