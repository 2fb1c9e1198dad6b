#include "base/rate.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using namespace std::chrono_literals;

TEST(RateTest, GapIsTheTimeBetweenEvenlySpacedEvents) {
  EXPECT_EQ(Rate::PerSecond(1000).Gap(), 1ms);
  EXPECT_EQ(Rate::PerSecond(3).Gap(), 333'333'333ns);
  EXPECT_EQ(Rate::PerSecond(10e6).Gap(), 100ns);
  EXPECT_EQ(Rate::PerSecond(1.0 / 3600).Gap(), 1h);
}

TEST(RateTest, OverIsTheNumberOfEventsExpected) {
  EXPECT_EQ(Rate::PerSecond(500).Over(2s), 1000);
  EXPECT_EQ(Rate::PerSecond(1).Over(250ms), 0.25);
  EXPECT_EQ(Rate().Over(1h), 0);
}

TEST(RateTest, ComparesByValue) {
  EXPECT_LT(Rate::PerSecond(1), Rate::PerSecond(2));
  EXPECT_EQ(Rate::PerSecond(2), Rate::PerSecond(2));
}

}  // namespace
}  // namespace weir
