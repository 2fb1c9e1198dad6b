#include "analysis/canary.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/analysis/canary_watch.h"

namespace weir::analysis {
namespace {

// 1 = one plus; by hand: half of 2 * (1 - 1/4) / 2 * 2 = 0.75, and half of 2.
TEST(CanaryTest, EvidenceOfMoreErrorsIsTheMixtureOfItsTwoGuesses) {
  EXPECT_DOUBLE_EQ(MoreOftenEvidence(0, 0), 1);
  EXPECT_NEAR(MoreOftenEvidence(1, 0), (1.5 + 2) / 2, 1e-12);
  EXPECT_NEAR(MoreOftenEvidence(0, 1), 0.5 / 2, 1e-12);
  EXPECT_LT(MoreOftenEvidence(5, 10), 1);
  EXPECT_GT(MoreOftenEvidence(500, 0), 1e100);
  EXPECT_GT(MoreOftenEvidence(6'000, 4'000), 1e50);
  EXPECT_TRUE(std::isfinite(MoreOftenEvidence(100'000, 0)));
  EXPECT_TRUE(std::isfinite(MoreOftenEvidence(0, 100'000)));
}

// What makes it legal to look after every second: under a fair coin its mean is 1.
TEST(CanaryTest, EvidenceOfMoreErrorsIsAMartingale) {
  for (std::uint64_t more = 0; more < 12; ++more) {
    for (std::uint64_t less = 0; less < 12; ++less) {
      const double next =
          (MoreOftenEvidence(more + 1, less) + MoreOftenEvidence(more, less + 1)) / 2;
      EXPECT_NEAR(next, MoreOftenEvidence(more, less), 1e-9 * next) << more << " " << less;
    }
  }
}

TEST(CanaryTest, ASlowCanaryFailsWithinSeconds) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Watch watch(seed);
    EXPECT_LE(watch.Until(Verdict::kFail, {}, {.response_ms = 15}, 30), 10) << seed;
  }
}

TEST(CanaryTest, ACanaryThatAnswersWronglyFails) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Watch watch(seed);
    EXPECT_LE(watch.Until(Verdict::kFail, {}, {.error_ratio = 1}, 30), 8) << seed;
    EXPECT_EQ(watch.test().Checks()[1].verdict, Verdict::kFail);
  }
}

TEST(CanaryTest, ACanaryThatTurnsBadLaterFailsAsWell) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Watch watch(seed);
    for (int second = 0; second < 90; ++second) {
      watch.Second({}, {});
    }
    EXPECT_LE(watch.Until(Verdict::kFail, {}, {.response_ms = 20}, 60), 25) << seed;
  }
}

TEST(CanaryTest, TheSameBuildPasses) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Watch watch(seed, {.response_tolerance = 0.1});
    EXPECT_LE(watch.Until(Verdict::kPass, {}, {}, 300), 300) << seed;
    EXPECT_GE(watch.test().seconds(), CanaryTest::kSecondsToPass);
  }
}

// At most 5 % of the watches may ever fail; 9 of 100 is what 5 % could give by chance. More of
// them, and longer ones, in canary_rates_test.cc.
TEST(CanaryTest, LookingEverySecondRaisesFewFalseAlarms) {
  EXPECT_LE(FalseAlarms({.watches = 100, .seconds = 30}), 9);
}

TEST(CanaryTest, SecondsWithoutAnswersDecideNothingAboutTimes) {
  CanaryTest test({});
  for (int i = 0; i < 100; ++i) {
    test.Add({}, {});
  }
  EXPECT_EQ(test.verdict(), Verdict::kInconclusive);
  EXPECT_EQ(test.Checks()[0].verdict, Verdict::kInconclusive);
  EXPECT_FALSE(test.Checks()[0].change_ratio);
}

TEST(CanaryTest, ARestartForgets) {
  Watch watch(1);
  ASSERT_LE(watch.Until(Verdict::kFail, {}, {.response_ms = 15}, 30), 30);
  watch.test().Restart();
  EXPECT_EQ(watch.test().verdict(), Verdict::kInconclusive);
  EXPECT_EQ(watch.test().seconds(), 0U);
}

}  // namespace
}  // namespace weir::analysis
