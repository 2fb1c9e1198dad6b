#include "analysis/gate_looks.h"

#include <cmath>

#include <gtest/gtest.h>

#include "analysis/distributions.h"
#include "base/rng.h"

namespace weir::analysis {
namespace {

TEST(GateLooksTest, OneLookHasAllOfAlpha) {
  EXPECT_DOUBLE_EQ(ShareOfLook({.pairs = 3, .pairs_max = 3}), 1);
}

TEST(GateLooksTest, EarlyLooksHaveMoreThanLateOnesAndAllMoreThanBonferroni) {
  EXPECT_DOUBLE_EQ(ShareOfLook({.pairs = 12, .pairs_max = 20}),
                   ShareOfLook({.pairs = 3, .pairs_max = 20}) / 2);
  EXPECT_GT(ShareOfLook({.pairs = 20, .pairs_max = 20}), 1.0 / 18);
}

TEST(GateLooksTest, MorePairsThatThereMayBeCostEachLook) {
  for (std::uint32_t most = 4; most <= 1'200; ++most) {
    EXPECT_LE(ShareOfLook({.pairs = 3, .pairs_max = most}),
              ShareOfLook({.pairs = 3, .pairs_max = most - 1}))
        << most;
  }
}

// Whether one of the looks at normal differences without an effect is below its level.
bool EverFails(std::uint32_t pairs_max, double alpha, Rng& rng) {
  double sum = 0;
  double squares = 0;
  for (std::uint32_t pairs = 1; pairs <= pairs_max; ++pairs) {
    const double difference = rng.Normal();
    sum += difference;
    squares += difference * difference;
    if (pairs < kPairsOfFirstLook) {
      continue;
    }
    const double n = pairs;
    const double variance = (squares - sum * sum / n) / (n - 1);
    const double t = sum / n / std::sqrt(variance / n);
    if (StudentUpperTail(t, n - 1) < alpha * ShareOfLook({pairs, pairs_max})) {
      return true;
    }
  }
  return false;
}

// 4,000 series: the 95 % range about 0.02 reaches to 0.0244.
TEST(GateLooksTest, AllLooksTogetherKeepAlpha) {
  Rng rng(4);
  for (const std::uint32_t pairs_max : {5U, 20U}) {
    int fails = 0;
    for (int series = 0; series < 4'000; ++series) {
      fails += EverFails(pairs_max, 0.02, rng) ? 1 : 0;
    }
    EXPECT_LE(fails, 97) << pairs_max;
    EXPECT_GE(fails, 40) << pairs_max;
  }
}

}  // namespace
}  // namespace weir::analysis
