#include "analysis/worst_window.h"

#include <chrono>
#include <vector>

#include <gtest/gtest.h>

namespace weir::analysis {
namespace {

using std::chrono::seconds;

// Seconds of 1,000 requests of 10 ms each, but for those from `slow_from` on for `slow_for`.
std::vector<SecondPoint> Seconds(std::uint32_t count, std::uint32_t slow_from = 1'000,
                                 std::uint32_t slow_for = 0) {
  std::vector<SecondPoint> all;
  for (std::uint32_t second = 0; second < count; ++second) {
    SecondPoint& point = all.emplace_back();
    point.second = second;
    const bool slow = second >= slow_from && second < slow_from + slow_for;
    point.response.RecordNs(slow ? 80'000'000 : 10'000'000, 1'000);
  }
  return all;
}

GateCriterion P50(Nanos window) {
  return {.kind = GateCriterion::Kind::kResponseQuantile, .quantile = 0.5, .window = window};
}

TEST(WorstWindowTest, IsTheWorstStretchWhereverItBegins) {
  EXPECT_NEAR(*WorstWindowNs(Seconds(60, 33, 10), P50(seconds(10))), 80e6, 1e5);
  EXPECT_NEAR(*WorstWindowNs(Seconds(60, 50, 10), P50(seconds(10))), 80e6, 1e5);
}

TEST(WorstWindowTest, IsNoSecondThatIsShorterThanTheWindow) {
  EXPECT_NEAR(*WorstWindowNs(Seconds(60, 33, 3), P50(seconds(10))), 10e6, 1e5);
  EXPECT_NEAR(*WorstWindowNs(Seconds(60, 33, 3), P50(seconds(3))), 80e6, 1e5);
}

TEST(WorstWindowTest, OfTheAverageTakesPart) {
  const GateCriterion average = {.kind = GateCriterion::Kind::kResponseMean, .window = seconds(10)};
  EXPECT_NEAR(*WorstWindowNs(Seconds(60, 33, 5), average), 45e6, 1e5);
}

TEST(WorstWindowTest, LeavesOutTheWarmUp) {
  std::vector<SecondPoint> all = Seconds(30, 0, 10);
  for (std::size_t i = 0; i < 10; ++i) {
    all[i].phase = Phase::kWarmUp;
  }
  EXPECT_NEAR(*WorstWindowNs(all, P50(seconds(10))), 10e6, 1e5);
}

TEST(WorstWindowTest, HasNoValueWithoutAWholeWindowOrEnoughRequests) {
  EXPECT_FALSE(WorstWindowNs(Seconds(9), P50(seconds(10))));
  EXPECT_FALSE(WorstWindowNs({}, P50(seconds(10))));
  std::vector<SecondPoint> few = Seconds(1);
  few[0].response = Histogram();
  few[0].response.RecordNs(10'000'000, 3);
  EXPECT_FALSE(WorstWindowNs(few, P50(seconds(1))));
}

}  // namespace
}  // namespace weir::analysis
