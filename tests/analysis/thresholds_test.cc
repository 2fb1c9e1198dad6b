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

TEST(ThresholdsTest, TagsTakeTheirStepsTogether) {
  weir::Run run = ThousandOfTenMs();
  run.plan.steps = {{.flow = "shop", .step = "list", .tags = {{"kind", "page"}}},
                    {.flow = "shop", .step = "cart", .tags = {{"kind", "api"}, {"team", "a"}}},
                    {.flow = "shop", .step = "pay", .tags = {{"kind", "api"}}}};
  for (const std::uint32_t step : {1U, 2U}) {
    StepRecord record;
    record.step = step;
    AddRequests(record, 20'000'000, 100);
    run.totals.push_back(record);
  }
  Threshold count = Demand(Metric::kCount, Op::kGreaterEqual, 200);
  count.tags = {{"kind", "api"}};
  EXPECT_EQ(*Evaluate(count, run).observed, 200);
  count.tags = {{"kind", "api"}, {"team", "a"}};
  EXPECT_EQ(*Evaluate(count, run).observed, 100);
  count.tags = {{"kind", "none"}};
  EXPECT_EQ(Evaluate(count, run).reason, "the run has no step with the tags 'kind:none'");
}

TEST(ThresholdsTest, TheGeneratorsOwnLatenessCanBeDemanded) {
  weir::Run run = ThousandOfTenMs();
  run.totals.front().latency[Outcome::kCompleted].send_lag.RecordNs(2'000'000, 1'000);
  Threshold lag = Demand(Metric::kQuantile, Op::kLess, 1e6, 0.99);
  lag.latency = LatencyKind::kSendLag;
  EXPECT_EQ(Evaluate(lag, run).state, State::kFail);
}

TEST(ThresholdsTest, AchievedIsTheShareOfThePlan) {
  weir::Run run = ThousandOfTenMs();
  AddBroken(run, Outcome::kDropped, 1'000);
  const ThresholdResult result = Evaluate(Demand(Metric::kAchieved, Op::kGreaterEqual, 0.99), run);
  EXPECT_EQ(result.state, State::kFail);
  EXPECT_EQ(*result.observed, 0.5);
}

TEST(ThresholdsTest, ValidityIsComparedByItsGrade) {
  weir::Run run = ThousandOfTenMs();
  const Threshold suspect = Demand(Metric::kValidity, Op::kGreaterEqual, 1);
  EXPECT_EQ(Evaluate(suspect, run).state, State::kUnknown);
  run.validity.emplace();
  run.validity->grade = Grade::kSuspect;
  EXPECT_EQ(Evaluate(suspect, run).state, State::kPass);
  EXPECT_EQ(Evaluate(Demand(Metric::kValidity, Op::kGreaterEqual, 2), run).state, State::kFail);
}

TEST(ThresholdsTest, AValueIsTheLastThatTheTargetGave) {
  weir::Run run = ThousandOfTenMs();
  Threshold memory = Demand(Metric::kValue, Op::kLess, 1e6);
  memory.name = "process_memory_bytes";
  EXPECT_EQ(Evaluate(memory, run).reason, "the watched target gave no 'process_memory_bytes'");
  AddTargetValue(run.target_metrics, 1, {.name = "process_memory_bytes", .value = 5e6});
  AddTargetValue(run.target_metrics, 2, {.name = "process_memory_bytes", .value = 5e5});
  EXPECT_EQ(Evaluate(memory, run).state, State::kPass);
}

}  // namespace
}  // namespace weir::analysis
