#include "analysis/thresholds.h"

#include <gtest/gtest.h>

#include "tests/analysis/gate_runs.h"

namespace weir::analysis {
namespace {

using Metric = Threshold::Metric;
using Op = Threshold::Op;
using State = ThresholdResult::State;

Threshold Demand(Metric metric, Op op, double limit, double quantile = 0) {
  Threshold threshold;
  threshold.metric = metric;
  threshold.op = op;
  threshold.limit = limit;
  threshold.quantile = quantile;
  return threshold;
}

Run ThousandOfTenMs() {
  weir::Run run = EmptyRun(0);
  AddRequests(run, 10'000'000, 1'000);
  return run;
}

TEST(ThresholdsTest, HoldsWhatIsKnownAgainstTheLimit) {
  const weir::Run run = ThousandOfTenMs();
  EXPECT_EQ(Evaluate(Demand(Metric::kQuantile, Op::kLess, 11e6, 0.95), run).state, State::kPass);
  EXPECT_EQ(Evaluate(Demand(Metric::kQuantile, Op::kLess, 9e6, 0.95), run).state, State::kFail);
  EXPECT_EQ(Evaluate(Demand(Metric::kMean, Op::kLessEqual, 11e6), run).state, State::kPass);
  EXPECT_EQ(Evaluate(Demand(Metric::kMin, Op::kGreater, 9e6), run).state, State::kPass);
  EXPECT_EQ(Evaluate(Demand(Metric::kMax, Op::kLess, 9e6), run).state, State::kFail);
  EXPECT_EQ(Evaluate(Demand(Metric::kErrorRate, Op::kLess, 0.01), run).state, State::kPass);
}

TEST(ThresholdsTest, TooFewRequestsForAQuantileAreUnknown) {
  const ThresholdResult result =
      Evaluate(Demand(Metric::kQuantile, Op::kLess, 11e6, 0.9999), ThousandOfTenMs());
  EXPECT_EQ(result.state, State::kUnknown);
  EXPECT_FALSE(result.observed);
  EXPECT_NE(result.reason.find("36,887"), std::string::npos) << result.reason;
}

// 100 of 1,100 were cut off at 10 ms: nobody knows whether p95 is below 11 ms.
TEST(ThresholdsTest, CutOffRequestsLeaveTheTailUnknown) {
  weir::Run run = ThousandOfTenMs();
  AddBroken(run, Outcome::kTimedOut, 100, 10'000'000);
  EXPECT_EQ(Evaluate(Demand(Metric::kQuantile, Op::kLess, 11e6, 0.95), run).state, State::kUnknown);
  EXPECT_EQ(Evaluate(Demand(Metric::kQuantile, Op::kLess, 9e6, 0.95), run).state, State::kFail);
  EXPECT_EQ(Evaluate(Demand(Metric::kQuantile, Op::kLess, 11e6, 0.5), run).state, State::kPass);
}

TEST(ThresholdsTest, AStepThatIsNotThereIsUnknown) {
  Threshold threshold = Demand(Metric::kMean, Op::kLess, 11e6);
  threshold.step = "post";
  const ThresholdResult result = Evaluate(threshold, ThousandOfTenMs());
  EXPECT_EQ(result.state, State::kUnknown);
  EXPECT_NE(result.reason.find("post"), std::string::npos) << result.reason;
}

TEST(ThresholdsTest, ARunWithoutRequestsIsUnknown) {
  EXPECT_EQ(Evaluate(Demand(Metric::kErrorRate, Op::kLess, 0.01), EmptyRun(0)).state,
            State::kUnknown);
}

}  // namespace
}  // namespace weir::analysis
