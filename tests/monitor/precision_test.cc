#include "monitor/alerts/precision.h"

#include <algorithm>
#include <cstddef>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::monitor {
namespace {

// The fewest of `marked` that make it low; more than that: none does.
std::size_t FewestNoise(std::size_t marked) {
  std::size_t noise = 0;
  while (noise <= marked && !RulePrecision{.useful = marked - noise, .noise = noise}.IsLow()) {
    ++noise;
  }
  return noise;
}

TEST(RulePrecisionTest, OneMarkOrFourSayNothing) {
  for (std::size_t marked = 0; marked < RulePrecision::kMarksNeeded; ++marked) {
    EXPECT_FALSE((RulePrecision{.useful = 0, .noise = marked}.IsLow())) << marked;
  }
  EXPECT_TRUE((RulePrecision{.useful = 0, .noise = 5}.IsLow()));
}

// scipy.stats.binom.sf(noise - 1, marked, 0.1): 0.0086 for 3 of 5, 0.0083 for 4 of 9 (0.053 for 3),
// 0.043 for 5 of 20, 0.025 for 10 of 50 (0.058 for 9).
TEST(RulePrecisionTest, SoManyAreLowAsAGoodRuleHasOnceInTwentyTimesAtMost) {
  EXPECT_EQ(FewestNoise(5), 3U);
  EXPECT_EQ(FewestNoise(9), 4U);
  EXPECT_EQ(FewestNoise(20), 5U);
  EXPECT_EQ(FewestNoise(50), 10U);
}

TEST(RulePrecisionTest, MoreUsefulMarksBringARuleBack) {
  EXPECT_TRUE((RulePrecision{.useful = 4, .noise = 5}.IsLow()));
  EXPECT_TRUE((RulePrecision{.useful = 15, .noise = 5}.IsLow()));
  EXPECT_FALSE((RulePrecision{.useful = 16, .noise = 5}.IsLow()));
}

// How often a rule is found low at any of its first 50 marks, as it is looked at after each.
double EverLow(double usefulness) {
  constexpr int kRules = 20'000;
  Rng rng(7);
  int low = 0;
  for (int rule = 0; rule < kRules; ++rule) {
    RulePrecision marks;
    bool ever = false;
    for (int mark = 0; mark < 50 && !ever; ++mark) {
      ++(rng.Uniform() < usefulness ? marks.useful : marks.noise);
      ever = marks.IsLow();
    }
    low += ever ? 1 : 0;
  }
  return static_cast<double>(low) / kRules;
}

TEST(RulePrecisionTest, AGoodRuleIsRarelyFoundLowAndABadOneMostly) {
  RecordProperty("at_98_percent", std::to_string(EverLow(0.98)));
  EXPECT_LT(EverLow(0.98), 0.005);
  EXPECT_LT(EverLow(0.95), 0.03);
  EXPECT_LT(EverLow(0.90), 0.2);
  EXPECT_GT(EverLow(0.60), 0.98);
  EXPECT_GT(EverLow(0.50), 0.995);
}

}  // namespace
}  // namespace weir::monitor
