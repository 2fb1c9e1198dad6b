#include "analysis/novelty_range.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::analysis {
namespace {

// 0 and 10 seen: the middle is 5, half a width is 5. Fading has moved 0 to 0.0001 (1e-5 of 10).
TEST(NoveltyRangeTest, ExtentCountsHalfWidthsFromTheMiddle) {
  NoveltyRange range;
  range.Learn(0, 0);
  range.Learn(10, 0);
  EXPECT_NEAR(range.Extent(5, 0), 0, 1e-6);
  EXPECT_NEAR(range.Extent(7.5, 0), 0.5, 1e-6);
  EXPECT_NEAR(range.Extent(10, 0), 1, 1e-6);
  EXPECT_NEAR(range.Extent(15, 0), 2, 1e-6);
  EXPECT_NEAR(range.Extent(-5, 0), 2, 1e-6);
}

TEST(NoveltyRangeTest, NothingIsStrangeBeforeTheFirstValue) {
  EXPECT_EQ(NoveltyRange().Extent(1e9, 0), 0);
}

TEST(NoveltyRangeTest, AnythingElseIsInfinitelyStrangeToASingleValue) {
  NoveltyRange range;
  range.Learn(3, 0);
  EXPECT_EQ(range.Extent(3, 0), 0);
  EXPECT_TRUE(std::isinf(range.Extent(3.5, 0)));
  EXPECT_NEAR(range.Extent(3.5, 2), 1.5, 1e-6);  // 0.5 beyond, half of the least width is 1.
}

TEST(NoveltyRangeTest, SlackWidensBothEnds) {
  NoveltyRange range;
  range.Learn(0, 0);
  range.Learn(10, 0);
  const Interval band = range.WithSlack(0.1, 0);
  EXPECT_NEAR(band.low, -1, 1e-4);
  EXPECT_NEAR(band.high, 11, 1e-4);
}

TEST(NoveltyRangeTest, AnAbsurdValueWidensByThirtyWidthsOnly) {
  NoveltyRange range;
  for (int i = 0; i < 100; ++i) {
    range.Learn(i % 2, 0);
  }
  range.Learn(1e12, 0);
  EXPECT_NEAR(range.WithSlack(0, 0).high, 31, 0.1);
}

// After n values the ends have moved by (1 - 2e-5)^n of the width: 1 % in about 1,000 values.
TEST(NoveltyRangeTest, ForgetsItsEndsSlowly) {
  NoveltyRange range;
  range.Learn(-1, 0);
  range.Learn(1, 0);
  for (int i = 0; i < 1000; ++i) {
    range.Learn(0, 0);
  }
  EXPECT_NEAR(range.WithSlack(0, 0).high, std::pow(1 - 2e-5, 1000), 1e-3);
}

// The theory of records needs no distribution: the (n + 1)-th of exchangeable values is beyond all
// others with probability 2 / (n + 1). 20,000 trials at n = 99, three standard errors.
TEST(NoveltyRangeTest, RecordsAreAsRareAsTheoryHasIt) {
  int records = 0;
  constexpr int kTrials = 20'000;
  for (int trial = 0; trial < kTrials; ++trial) {
    Rng rng = Rng::ForPart(5, static_cast<std::uint64_t>(trial));
    NoveltyRange range;
    for (int i = 0; i < 99; ++i) {
      range.Learn(std::exp(rng.Normal()), 0);
    }
    records += range.Extent(std::exp(rng.Normal()), 0) > 1 ? 1 : 0;
  }
  EXPECT_NEAR(records / static_cast<double>(kTrials), 0.02, 3 * std::sqrt(0.02 / kTrials));
}

TEST(DelayedRangeTest, ARampCannotTakeTheRangeAlong) {
  NoveltyRange at_once;
  DelayedRange delayed;
  for (int i = 0; i < 200; ++i) {
    at_once.Learn(i % 2, 0);
    delayed.Learn(i % 2, 0);
  }
  double extent_at_once = 0;
  double extent_delayed = 0;
  for (double value = 1; value < 2; value += 0.04) {
    extent_at_once = std::max(extent_at_once, at_once.Extent(value, 0));
    extent_delayed = std::max(extent_delayed, delayed.Extent(value, 0));
    at_once.Learn(value, 0);
    delayed.Learn(value, 0);
  }
  EXPECT_LT(extent_at_once, 1.1);
  EXPECT_GT(extent_delayed, 2.5);
}

TEST(DelayedRangeTest, LearnsInTheEnd) {
  DelayedRange range;
  for (int i = 0; i < 200; ++i) {
    range.Learn(i % 2, 0);
  }
  for (int i = 0; i < 2 * DelayedRange::kBlock; ++i) {
    range.Learn(5, 0);
  }
  EXPECT_NEAR(range.Extent(5, 0), 1, 1e-3);
}

}  // namespace
}  // namespace weir::analysis
