#include "monitor/rate_limiter.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"

namespace weir::monitor {
namespace {

using namespace std::chrono_literals;

TEST(RateLimiterTest, ABurstGoesThroughAndThenTheRate) {
  tests::ManualClock clock;
  RateLimiter limiter({.per_s = 2, .burst = 3});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(limiter.Take("a", clock.Now()), 0s);
  }
  EXPECT_EQ(limiter.Take("a", clock.Now()), 500ms);
  clock.Advance(499ms);
  EXPECT_GT(limiter.Take("a", clock.Now()), 0s);
  clock.Advance(1ms);
  EXPECT_EQ(limiter.Take("a", clock.Now()), 0s);
  EXPECT_GT(limiter.Take("a", clock.Now()), 0s);
}

TEST(RateLimiterTest, PeersDoNotPayForEachOther) {
  tests::ManualClock clock;
  RateLimiter limiter({.per_s = 1, .burst = 1});
  EXPECT_EQ(limiter.Take("a", clock.Now()), 0s);
  EXPECT_GT(limiter.Take("a", clock.Now()), 0s);
  EXPECT_EQ(limiter.Take("b", clock.Now()), 0s);
}

TEST(RateLimiterTest, QuietTimeFillsOneBurstAndNoMore) {
  tests::ManualClock clock;
  RateLimiter limiter({.per_s = 10, .burst = 2});
  EXPECT_EQ(limiter.Take("a", clock.Now()), 0s);
  clock.Advance(1h);
  EXPECT_EQ(limiter.Take("a", clock.Now()), 0s);
  EXPECT_EQ(limiter.Take("a", clock.Now()), 0s);
  EXPECT_GT(limiter.Take("a", clock.Now()), 0s);
}

// An attacker with many addresses must not cost memory, nor take what quiet peers have.
TEST(RateLimiterTest, BeyondTheMostPeersNewcomersShareABucket) {
  tests::ManualClock clock;
  RateLimiter limiter({.per_s = 1, .burst = 1});
  for (std::size_t i = 0; i < RateLimiter::kPeersMax; ++i) {
    EXPECT_EQ(limiter.Take(fmt::format("peer {}", i), clock.Now()), 0s);
  }
  EXPECT_EQ(limiter.Take("one more", clock.Now()), 0s);
  EXPECT_GT(limiter.Take("yet another", clock.Now()), 0s);
  clock.Advance(1s);
  EXPECT_EQ(limiter.Take("yet another", clock.Now()), 0s);
  EXPECT_EQ(limiter.Take("and one", clock.Now()), 0s);
}

TEST(RateLimiterTest, TimeThatGoesBackIsNoTime) {
  tests::ManualClock clock;
  RateLimiter limiter({.per_s = 1, .burst = 1});
  EXPECT_EQ(limiter.Take("a", clock.Now()), 0s);
  EXPECT_EQ(limiter.Take("a", clock.Now() - 10s), 1s);
}

}  // namespace
}  // namespace weir::monitor
