#include "monitor/wall_follower.h"

#include <chrono>

#include <gtest/gtest.h>

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kWall{1'700'000'000s};

WallTime Nothing() {
  return WallTime::min();
}

TEST(WallFollowerTest, TimeStandsStillWhileAClockThatWasSetBackByLittleCatchesUp) {
  WallFollower wall;
  EXPECT_EQ(wall.Follow(Instant(0s), kWall, Nothing).at, kWall);
  const WallFollower::Now back = wall.Follow(Instant(1s), kWall + 200ms, Nothing);
  EXPECT_EQ(back.at, kWall + 200ms);
  const WallFollower::Now earlier = wall.Follow(Instant(1100ms), kWall - 100ms, Nothing);
  EXPECT_EQ(earlier.at, kWall + 200ms);
  EXPECT_EQ(earlier.set_back, Nanos(0));
  EXPECT_EQ(wall.Follow(Instant(2s), kWall + 800ms, Nothing).at, kWall + 800ms);
}

TEST(WallFollowerTest, AClockThatIsSetBackByMoreIsFollowedAndSaidByHowMuch) {
  WallFollower wall;
  wall.Follow(Instant(0s), kWall, Nothing);
  const WallFollower::Now back = wall.Follow(Instant(5s), kWall - 1h + 5s, Nothing);
  EXPECT_EQ(back.at, kWall - 1h + 5s);
  EXPECT_EQ(back.set_back, Nanos(1h));
  EXPECT_EQ(wall.Follow(Instant(6s), kWall - 1h + 6s, Nothing).set_back, Nanos(0));
}

TEST(WallFollowerTest, TheFirstTimeIsHeldAgainstWhatAnEarlierProcessKnew) {
  WallFollower wall;
  int asked = 0;
  const auto latest = [&asked] {
    ++asked;
    return kWall + 10min;
  };
  EXPECT_EQ(wall.Follow(Instant(0s), kWall, latest).set_back, Nanos(10min));
  EXPECT_EQ(wall.Follow(Instant(1s), kWall + 1s, latest).set_back, Nanos(0));
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace weir::monitor
