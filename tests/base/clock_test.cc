#include "base/clock.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using namespace std::chrono_literals;

TEST(SystemClockTest, MonotonicTimeNeverGoesBack) {
  const SystemClock clock;
  Instant last = clock.Now();
  for (int i = 0; i < 1000; ++i) {
    const Instant now = clock.Now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(SystemClockTest, CivilTimeIsThisCenturys) {
  EXPECT_GT(CountNs(SystemClock().WallNow()), 1'600'000'000'000'000'000);
}

TEST(TimeTest, SecondsConvertBothWaysToTheNearestNanosecond) {
  EXPECT_EQ(Seconds(1500ms), 1.5);
  EXPECT_EQ(FromSeconds(1.5), 1500ms);
  EXPECT_EQ(FromSeconds(0.1), 100ms);
  EXPECT_EQ(FromSeconds(0.6e-9), 1ns);
  EXPECT_EQ(FromSeconds(-0.6e-9), -1ns);
  EXPECT_EQ(FromSeconds(-1.5), -1500ms);
}

}  // namespace
}  // namespace weir
