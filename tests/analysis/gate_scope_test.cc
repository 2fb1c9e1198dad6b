#include "analysis/gate_scope.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/gate.h"
#include "tests/analysis/gate_runs.h"

namespace weir::analysis {
namespace {

const GateScope kFirstByte = {.part = LatencyPart::kFirstByte};
const GateScope kMiddle = {.from_s = 20, .to_s = 40};
constexpr std::uint64_t kMs = 1'000'000;

// Of 1,000 requests of 10 ms each, of which the first byte takes so long and the body the rest.
weir::Run RunWithParts(double first_byte_ms, int slot) {
  weir::Run run = EmptyRun(slot);
  AddRequests(run, 10 * kMs, 1'000);
  StepRecord& record = run.totals.front();
  const auto first_byte_ns = static_cast<std::uint64_t>(first_byte_ms * static_cast<double>(kMs));
  record.parts[LatencyPart::kFirstByte].RecordNs(first_byte_ns, 1'000);
  record.parts[LatencyPart::kBody].RecordNs(10 * kMs - first_byte_ns, 1'000);
  return run;
}

// 1,000 requests of 10 ms, but 100 in the middle took so long.
weir::Run RunWithStretch(std::uint64_t middle_ms, int slot) {
  weir::Run run = EmptyRun(slot);
  AddRequests(run, 10 * kMs, 900);
  RunStretch stretch{.from_s = kMiddle.from_s, .to_s = kMiddle.to_s, .totals = {StepRecord()}};
  AddRequests(stretch.totals.front(), middle_ms * kMs, 100);
  run.totals.front().Merge(stretch.totals.front());
  run.stretches.push_back(stretch);
  return run;
}

template <typename Make>
std::vector<weir::Run> Side(Make make, const std::vector<double>& values, int first_slot) {
  std::vector<weir::Run> runs;
  for (const double value : values) {
    runs.push_back(make(value, first_slot + 2 * static_cast<int>(runs.size())));
  }
  return runs;
}

GateCheck Judge(const GateCriterion& criterion, const std::vector<weir::Run>& before,
                const std::vector<weir::Run>& after, OnMissing on_missing = {}) {
  GatePolicy policy;
  policy.on_missing = on_missing;
  policy.criteria = {criterion};
  return JudgeGate(policy, before, after).checks.front();
}

GateCriterion P50(const GateScope& scope) {
  return {.kind = GateCriterion::Kind::kResponseQuantile,
          .quantile = 0.5,
          .tolerance = 0.05,
          .scope = scope};
}

TEST(GateScopeTest, APartIsJudgedByItself) {
  const auto before = Side(RunWithParts, {4, 4.02, 3.98, 4.01, 3.99}, 0);
  const auto after = Side(RunWithParts, {5, 5.02, 4.98, 5.01, 4.99}, 1);
  const GateCheck part = Judge(P50(kFirstByte), before, after);
  EXPECT_EQ(part.verdict, Verdict::kFail) << part.reason;
  EXPECT_EQ(part.metric, "response_time.p50{part:first_byte}");
  EXPECT_NEAR(*part.candidate, 5e6, 1e4);
  EXPECT_EQ(part.reason.find("p50 (part first_byte) rose 25.0 %"), 0U) << part.reason;
  EXPECT_NE(Judge(P50({}), before, after).verdict, Verdict::kFail);
}

// Requests without a span of that part spent no time in it.
TEST(GateScopeTest, APartThatNobodyHadIsZero) {
  const GateScope connect = {.part = LatencyPart::kConnect};
  GateCriterion limit = P50(connect);
  limit.basis = GateCriterion::Basis::kDemands;
  limit.pass = {{{.op = Demand::Op::kLess, .limit = 1e6, .text = "< 1ms"}}};
  const auto runs = Side(RunWithParts, {4, 4.02, 3.98}, 0);
  const GateCheck check = Judge(limit, {}, runs);
  EXPECT_EQ(check.verdict, Verdict::kPass) << check.reason;
  EXPECT_EQ(*check.candidate, 0);
}

TEST(GateScopeTest, RunsThatKnowNoPartsAreNotJudgedByThem) {
  const auto before = FlatRuns({10, 10.1, 9.9}, {.first_slot = 0, .slot_step = 2});
  const auto after = FlatRuns({12, 12.1, 11.9}, {.first_slot = 1, .slot_step = 2});
  const GateCheck check = Judge(P50(kFirstByte), before, after);
  EXPECT_EQ(check.verdict, Verdict::kInconclusive);
  EXPECT_NE(check.reason.find("a run does not know where its response times went"),
            std::string::npos)
      << check.reason;
  EXPECT_EQ(Judge(P50(kFirstByte), before, after, OnMissing::kFail).verdict, Verdict::kFail);
}

TEST(GateScopeTest, AStretchIsJudgedByItself) {
  const auto run = [](double ms, int slot) {
    return RunWithStretch(static_cast<std::uint64_t>(ms), slot);
  };
  const auto before = Side(run, {100, 101, 99, 100, 101}, 0);
  const auto after = Side(run, {120, 121, 119, 120, 121}, 1);
  const GateCheck stretch = Judge(P50(kMiddle), before, after);
  EXPECT_EQ(stretch.verdict, Verdict::kFail) << stretch.reason;
  EXPECT_EQ(stretch.metric, "response_time.p50{during:20s..40s}");
  EXPECT_NE(Judge(P50({}), before, after).verdict, Verdict::kFail);

  const GateCriterion rate = {
      .kind = GateCriterion::Kind::kThroughput, .tolerance = 0.05, .scope = kMiddle};
  EXPECT_DOUBLE_EQ(*Judge(rate, before, after).candidate, 100 / 20.0);
}

// A second that the warm-up reached into by a microsecond is no whole second of the measured part.
TEST(GateScopeTest, AStretchBeginsAfterTheWholeWarmUp) {
  weir::Run run = RunWithStretch(100, 0);
  run.plan.warm_up = std::chrono::seconds(20) + std::chrono::microseconds(1);
  run.measured = std::chrono::seconds(39);
  EXPECT_NE(Scoped({&run, 1}, kMiddle).missing, "");
}

TEST(GateScopeTest, AStretchBeyondTheMeasuredPartIsMissing) {
  weir::Run run = RunWithStretch(100, 0);
  run.plan.warm_up = std::chrono::milliseconds(20'500);
  run.measured = std::chrono::seconds(39);
  const ScopedRuns scoped = Scoped({&run, 1}, kMiddle);
  EXPECT_EQ(scoped.missing,
            "a run was measured from 21 s to 59 s, which does not hold 20 s to 40 s");
  EXPECT_TRUE(scoped.runs.empty());
}

// One request of ten is tagged; it alone got slower.
TEST(GateScopeTest, StepsOfATagAreJudgedTogether) {
  const auto run = [](double tagged_ms, int slot) {
    weir::Run made = EmptyRun(slot);
    made.plan.steps = {{.flow = "shop", .step = "list"},
                       {.flow = "shop", .step = "cart", .tags = {{"kind", "api"}}},
                       {.flow = "shop", .step = "pay", .tags = {{"kind", "api"}, {"x", "y"}}}};
    AddRequests(made, 10 * kMs, 1'800);
    for (const std::uint32_t step : {1U, 2U}) {
      StepRecord record;
      record.step = step;
      AddRequests(record, static_cast<std::uint64_t>(tagged_ms * static_cast<double>(kMs)), 100);
      made.totals.push_back(record);
    }
    return made;
  };
  const GateScope api = {.tags = {{"kind", "api"}}};
  const auto before = Side(run, {4, 4.02, 3.98, 4.01, 3.99}, 0);
  const auto after = Side(run, {5, 5.02, 4.98, 5.01, 4.99}, 1);
  const GateCheck check = Judge(P50(api), before, after);
  EXPECT_EQ(check.verdict, Verdict::kFail) << check.reason;
  EXPECT_EQ(check.metric, "response_time.p50{kind:api}");
  EXPECT_EQ(check.reason.find("p50 (kind api) rose 25.0 %"), 0U) << check.reason;
  EXPECT_EQ(Scoped(after, api).runs.front().plan.steps.size(), 2U);
  EXPECT_NE(Judge(P50({}), before, after).verdict, Verdict::kFail);

  const GateScope none = {.tags = {{"kind", "none"}}};
  EXPECT_EQ(Scoped(after, none).missing, "a run has no step with the tags 'kind:none'");
}

TEST(GateScopeTest, AScopedThroughputThatFellIsWorse) {
  const GateCriterion rate = {
      .kind = GateCriterion::Kind::kThroughput, .tolerance = 0.05, .scope = kMiddle};
  const auto side = [](std::uint64_t completed, int first_slot) {
    std::vector<weir::Run> runs;
    for (int i = 0; i < 5; ++i) {
      weir::Run run = RunWithStretch(100, first_slot + 2 * i);
      StepRecord& record = run.stretches.front().totals.front();
      record.counts.planned = 1'000;
      record.counts.by_outcome = {completed + static_cast<std::uint64_t>(i), 0, 0, 0,
                                  1'000 - completed - static_cast<std::uint64_t>(i)};
      runs.push_back(run);
    }
    return runs;
  };
  const GateCheck fell = Judge(rate, side(990, 0), side(700, 1));
  EXPECT_EQ(fell.verdict, Verdict::kFail) << fell.reason;
  EXPECT_EQ(fell.reason.find("throughput (during 20s..40s) fell"), 0U) << fell.reason;
}

}  // namespace
}  // namespace weir::analysis
