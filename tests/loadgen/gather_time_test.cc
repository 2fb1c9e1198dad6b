#include "loadgen/gather_time.h"

#include <gtest/gtest.h>

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{1h};

// After a second of `per_second` answers with so many in flight.
Nanos After(std::uint64_t per_second, std::uint32_t in_flight) {
  GatherTime gather;
  gather.Observe(kStart, 0, in_flight);
  gather.Observe(kStart + 1s, per_second, in_flight);
  return gather.Get();
}

TEST(GatherTimeTest, BeginsWithoutGathering) {
  EXPECT_EQ(GatherTime().Get(), 0ns);
}

TEST(GatherTimeTest, IsAShareOfTheResponseTime) {
  // 64 in flight at 160,000/s take 400 us each, 1,000 at 100,000/s take 10 ms.
  EXPECT_EQ(After(160'000, 64), 20us);
  EXPECT_EQ(After(100'000, 1'000), 150us);
}

TEST(GatherTimeTest, IsNeverLong) {
  EXPECT_EQ(After(100'000, 10'000), GatherTime::kMax);
}

TEST(GatherTimeTest, LittleInFlightWaitsForNothing) {
  for (const std::uint32_t in_flight : {0U, 1U, 8U, 32U}) {
    EXPECT_EQ(After(150'000, in_flight), 0ns) << in_flight;
  }
}

TEST(GatherTimeTest, AnswersThatComeSlowlyAreReadAtOnce) {
  EXPECT_EQ(After(1'000, 1'000), 0ns);
  EXPECT_EQ(After(39'000, 10'000), 0ns);
  EXPECT_EQ(After(40'000, 10'000), GatherTime::kMax);
}

TEST(GatherTimeTest, EndsWhenAnswersStopComing) {
  GatherTime gather;
  gather.Observe(kStart, 0, 1'000);
  gather.Observe(kStart + 2ms, 200, 1'000);
  EXPECT_GT(gather.Get(), 0ns);
  gather.Observe(kStart + 4ms, 200, 1'000);
  EXPECT_EQ(gather.Get(), 0ns);
}

TEST(GatherTimeTest, LooksAtWholePeriodsOnly) {
  GatherTime gather;
  gather.Observe(kStart, 0, 1'000);
  gather.Observe(kStart + 1ms, 1'000, 1'000);
  EXPECT_EQ(gather.Get(), 0ns);
}

}  // namespace
}  // namespace weir::loadgen
