#include "analysis/threshold_watch.h"

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/analysis/gate_runs.h"

namespace weir::analysis {
namespace {

using Metric = Threshold::Metric;
using State = ThresholdResult::State;
using std::chrono::seconds;

constexpr std::uint64_t kMs = 1'000'000;

Threshold MedianBelow100Ms(seconds window, seconds abort_after = seconds(0)) {
  return {.text = "med < 100ms",
          .metric = Metric::kQuantile,
          .quantile = 0.5,
          .op = Threshold::Op::kLess,
          .limit = 100e6,
          .window = window,
          .abort_after = abort_after};
}

// Seconds of a run with the steps list and buy, of 100 requests each.
class ThresholdWatchTest : public ::testing::Test {
 protected:
  ThresholdWatchTest() : run_(EmptyRun(0)) {
    run_.plan.steps = {{.flow = "shop", .step = "list", .tags = {{"kind", "page"}}},
                       {.flow = "shop", .step = "buy", .tags = {{"kind", "api"}}}};
    run_.plan.planned_duration = seconds(60);
  }

  void Second(ThresholdWatch& watch, std::uint32_t second, std::uint64_t latency_ms,
              std::uint64_t requests = 100, std::uint32_t step = 0) {
    StepRecord record;
    record.step = step;
    AddRequests(record, latency_ms * kMs, requests);
    watch.Add({.second = second, .steps = {record}});
    run_.totals.front().Merge(record);
  }

  ThresholdResult Only(ThresholdWatch& watch) {
    watch.Finish(run_.duration);
    const std::vector<ThresholdResult> results = watch.Judge(run_);
    EXPECT_EQ(results.size(), 1U);
    return results.front();
  }

  weir::Run run_;
};

TEST_F(ThresholdWatchTest, AWindowFindsTheStretchThatTheWholeRunHides) {
  run_.plan.thresholds = {MedianBelow100Ms(seconds(5))};
  ThresholdWatch watch(run_.plan);
  for (std::uint32_t second = 0; second < 60; ++second) {
    Second(watch, second, second >= 30 && second < 35 ? 500 : 10);
  }
  const ThresholdResult result = Only(watch);
  EXPECT_EQ(result.state, State::kFail);
  EXPECT_NEAR(*result.observed, 500e6, 1e6);
  EXPECT_EQ(result.reason, "in the seconds 28 to 33");  // The first with three slow ones.
  EXPECT_EQ(Evaluate(run_.plan.thresholds.front(), run_).state, State::kPass);
  EXPECT_FALSE(watch.broken());
}

TEST_F(ThresholdWatchTest, AWindowThatIsKeptNamesItsWorst) {
  run_.plan.thresholds = {MedianBelow100Ms(seconds(20))};
  ThresholdWatch watch(run_.plan);
  for (std::uint32_t second = 0; second < 60; ++second) {
    Second(watch, second, second >= 30 && second < 35 ? 500 : 10);
  }
  const ThresholdResult result = Only(watch);
  EXPECT_EQ(result.state, State::kPass);
  EXPECT_NEAR(*result.observed, 10e6, 1e5);
}

// Seven seconds are no multiple of a tenth of them; each still has whole blocks.
TEST_F(ThresholdWatchTest, WindowsOfAnyLengthSlide) {
  for (const int length : {1, 7, 10, 13, 25, 30}) {
    run_.plan.thresholds = {{.text = "count",
                             .metric = Metric::kCount,
                             .op = Threshold::Op::kGreaterEqual,
                             .limit = 100.0 * length,
                             .window = seconds(length)}};
    ThresholdWatch watch(run_.plan);
    for (std::uint32_t second = 0; second < 60; ++second) {
      Second(watch, second, 10);
    }
    const ThresholdResult result = Only(watch);
    EXPECT_EQ(result.state, State::kPass) << length;
    EXPECT_EQ(*result.observed, 100.0 * length);
  }
}

// A second in which nothing came back is a second of the window, too.
TEST_F(ThresholdWatchTest, SecondsWithoutARecordCount) {
  run_.plan.thresholds = {{.text = "rate > 50/s",
                           .metric = Metric::kRate,
                           .op = Threshold::Op::kGreater,
                           .limit = 50,
                           .window = seconds(4)}};
  ThresholdWatch watch(run_.plan);
  for (std::uint32_t second = 0; second < 60; ++second) {
    if (second < 20 || second >= 23) {
      Second(watch, second, 10);
    }
  }
  const ThresholdResult result = Only(watch);
  EXPECT_EQ(result.state, State::kFail);
  EXPECT_EQ(*result.observed, 25);
  EXPECT_EQ(result.reason, "in the seconds 19 to 23");
}

// Half a second of warm-up, and the drain: neither is a whole second of the measured part.
TEST_F(ThresholdWatchTest, OnlyWholeSecondsOfTheMeasuredPartCount) {
  run_.plan.warm_up = std::chrono::milliseconds(2'500);
  run_.plan.planned_duration = std::chrono::milliseconds(9'500);
  run_.duration = std::chrono::milliseconds(12'000);
  run_.plan.thresholds = {{.text = "rate > 90/s",
                           .metric = Metric::kRate,
                           .op = Threshold::Op::kGreater,
                           .limit = 90,
                           .window = seconds(2)}};
  ThresholdWatch watch(run_.plan);
  for (std::uint32_t second = 0; second < 12; ++second) {
    Second(watch, second, 10, second >= 3 && second < 9 ? 100 : 1);
  }
  const ThresholdResult result = Only(watch);
  EXPECT_EQ(result.state, State::kPass) << result.reason;
  EXPECT_EQ(*result.observed, 100);
}

TEST_F(ThresholdWatchTest, ARunThatIsCutOffIsNotJudgedByItsLastSecond) {
  run_.plan.thresholds = {{.text = "rate > 90/s",
                           .metric = Metric::kRate,
                           .op = Threshold::Op::kGreater,
                           .limit = 90,
                           .window = seconds(1)}};
  run_.duration = std::chrono::milliseconds(4'300);
  ThresholdWatch watch(run_.plan);
  for (std::uint32_t second = 0; second < 5; ++second) {
    Second(watch, second, 10, second == 4 ? 30 : 100);
  }
  EXPECT_EQ(Only(watch).state, State::kPass);
}

TEST_F(ThresholdWatchTest, EndsTheRunWhenItHasNotHeldForSoLong) {
  run_.plan.thresholds = {MedianBelow100Ms(seconds(2), seconds(3))};
  ThresholdWatch watch(run_.plan);
  for (std::uint32_t second = 0; second < 10; ++second) {
    Second(watch, second, 10);
  }
  std::uint32_t second = 10;
  for (; second < 60 && !watch.broken(); ++second) {
    Second(watch, second, 500);
  }
  // Seconds 10 to 12 break the windows that end with them from 11 on; 13 begins when three did.
  EXPECT_EQ(second, 15U);
  EXPECT_EQ(*watch.broken(), "threshold 'med < 100ms' has not held for 3 s");
  EXPECT_EQ(Only(watch).state, State::kFail);
}

TEST_F(ThresholdWatchTest, AShortBreakDoesNotEndTheRun) {
  run_.plan.thresholds = {MedianBelow100Ms(seconds(1), seconds(3))};
  ThresholdWatch watch(run_.plan);
  for (std::uint32_t second = 0; second < 60; ++second) {
    Second(watch, second, second % 4 < 2 ? 500 : 10);
  }
  EXPECT_FALSE(watch.broken());
  EXPECT_EQ(Only(watch).state, State::kFail);
}

// Without a window all that was measured so far is looked at.
TEST_F(ThresholdWatchTest, AnEndWithoutAWindowLooksAtTheRunSoFar) {
  run_.plan.thresholds = {MedianBelow100Ms(seconds(0), seconds(2))};
  ThresholdWatch watch(run_.plan);
  for (std::uint32_t second = 0; second < 10; ++second) {
    Second(watch, second, 10);
  }
  std::uint32_t second = 10;
  for (; second < 60 && !watch.broken(); ++second) {
    Second(watch, second, 500);
  }
  EXPECT_EQ(second, 23U);
  EXPECT_EQ(Only(watch).state, State::kFail);
}

TEST_F(ThresholdWatchTest, TagsChooseTheSteps) {
  Threshold api = MedianBelow100Ms(seconds(5));
  api.tags = {{"kind", "api"}};
  Threshold page = api;
  page.tags = {{"kind", "page"}};
  run_.plan.thresholds = {api, page};
  ThresholdWatch watch(run_.plan);
  for (std::uint32_t second = 0; second < 60; ++second) {
    Second(watch, second, 10);
    Second(watch, second, 500, 100, 1);
  }
  watch.Finish(run_.duration);
  const std::vector<ThresholdResult> results = watch.Judge(run_);
  EXPECT_EQ(results[0].state, State::kFail);
  EXPECT_EQ(results[1].state, State::kPass);
}

}  // namespace
}  // namespace weir::analysis
