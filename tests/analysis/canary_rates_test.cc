#include <cmath>

#include <gtest/gtest.h>

#include "tests/analysis/canary_watch.h"
#include "tests/analysis/trials.h"

namespace weir::analysis {
namespace {

// As many as alpha lets fail, and as chance may add in 1 of 20 such tests.
int FailuresMax(int trials) {
  constexpr double kAlpha = 0.05;
  constexpr double kNormal95 = 1.645;
  return static_cast<int>(kAlpha * trials + kNormal95 * std::sqrt(kAlpha * (1 - kAlpha) * trials));
}

TEST(CanaryRatesTest, AWatchLookedAtEverySecondFailsByChanceAtMostAsOftenAsAlphaSays) {
  const int trials = Trials(1'000);  // 10,000 take some minutes.
  const int failed = FalseAlarms({.watches = trials, .seconds = 120});
  RecordProperty("failed", failed);
  EXPECT_LE(failed, FailuresMax(trials));
}

}  // namespace
}  // namespace weir::analysis
