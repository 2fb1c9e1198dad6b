#include <gtest/gtest.h>

#include "tests/analysis/canary_watch.h"

namespace weir::analysis {
namespace {

// 5 % of 1,000 is 50; 62 is its upper 5 % point.
TEST(CanaryRatesTest, AWatchLookedAtEverySecondFailsByChanceAtMostAsOftenAsAlphaSays) {
  const int failed = FalseAlarms({.watches = 1000, .seconds = 120});
  RecordProperty("failed", failed);
  EXPECT_LE(failed, 62);
}

}  // namespace
}  // namespace weir::analysis
