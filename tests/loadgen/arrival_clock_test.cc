#include "loadgen/transport/arrival_clock.h"

#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

class ArrivalClockTest : public testing::Test {
 protected:
  tests::ManualClock clock_;
  ArrivalClock arrivals_{clock_};
};

TEST_F(ArrivalClockTest, AStampBecomesTheInstantAtWhichItWasMade) {
  const WallTime stamp = clock_.WallNow();
  const Instant made = clock_.Now();
  clock_.Advance(300us);
  EXPECT_EQ(arrivals_.At(stamp, clock_.Now()), made);
  clock_.Advance(10s);
  EXPECT_EQ(arrivals_.At(stamp, clock_.Now()), made);
}

TEST_F(ArrivalClockTest, WithoutAStampItIsNow) {
  EXPECT_EQ(arrivals_.At(WallTime(), clock_.Now()), clock_.Now());
}

TEST_F(ArrivalClockTest, NothingArrivesLaterThanNow) {
  EXPECT_EQ(arrivals_.At(clock_.WallNow() + 5us, clock_.Now()), clock_.Now());
}

TEST_F(ArrivalClockTest, SettingTheClockSpoilsOneMillisecond) {
  EXPECT_EQ(arrivals_.At(clock_.WallNow(), clock_.Now()), clock_.Now());
  clock_.SetWall(clock_.WallNow() - 1h);
  const Instant wrong = arrivals_.At(clock_.WallNow(), clock_.Now());
  EXPECT_EQ(wrong, clock_.Now() - 1h) << "which lies before any request, so nobody uses it";
  clock_.Advance(1ms);
  EXPECT_EQ(arrivals_.At(clock_.WallNow(), clock_.Now()), clock_.Now());
}

}  // namespace
}  // namespace weir::loadgen
