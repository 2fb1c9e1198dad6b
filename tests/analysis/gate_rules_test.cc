#include <algorithm>

#include <gtest/gtest.h>

#include "analysis/gate.h"
#include "analysis/gate_outcome.h"
#include "base/text.h"
#include "tests/analysis/gate_runs.h"

/// What a policy can say beyond a tolerance: demands, history, score, waivers, actions.
namespace weir::analysis {
namespace {

using Kind = GateCriterion::Kind;
using Basis = GateCriterion::Basis;
using Of = Demand::Of;
using Op = Demand::Op;

constexpr Place kEven{.first_slot = 0, .slot_step = 2};
constexpr Place kOdd{.first_slot = 1, .slot_step = 2};
constexpr double kMs = 1e6;

GateCriterion P50(std::vector<DemandSet> pass, std::vector<DemandSet> warn = {}) {
  GateCriterion criterion{.kind = Kind::kResponseQuantile, .quantile = 0.5};
  criterion.basis = Basis::kDemands;
  criterion.pass = std::move(pass);
  criterion.warn = std::move(warn);
  return criterion;
}

Demand Below(double ms) {
  return {.of = Of::kValue, .op = Op::kLess, .limit = ms * kMs, .text = "<"};
}

Demand Grown(double ratio) {
  return {.of = Of::kChangeRatio, .op = Op::kLessEqual, .limit = ratio, .text = "<=+"};
}

GatePolicy PolicyOf(GateCriterion criterion) {
  GatePolicy policy;
  policy.criteria = {std::move(criterion)};
  return policy;
}

Verdict JudgeFlat(const GatePolicy& policy, const std::vector<double>& baseline,
                  const std::vector<double>& candidate) {
  return JudgeGate(policy, FlatRuns(baseline, kEven), FlatRuns(candidate, kOdd)).verdict;
}

TEST(GateDemandTest, ALimitNeedsNoBaseline) {
  const GatePolicy policy = PolicyOf(P50({{Below(20)}}));
  EXPECT_EQ(JudgeFlat(policy, {}, {10, 10, 10}), Verdict::kPass);
  EXPECT_EQ(JudgeFlat(policy, {}, {30, 30, 30}), Verdict::kFail);
  EXPECT_EQ(JudgeFlat(policy, {}, {10}), Verdict::kPass);
}

// 19, 20, 21: the interval over runs holds the limit.
TEST(GateDemandTest, ALimitInsideTheIntervalIsInconclusive) {
  EXPECT_EQ(JudgeFlat(PolicyOf(P50({{Below(20)}})), {}, {19, 20, 21}), Verdict::kInconclusive);
  EXPECT_EQ(JudgeFlat(PolicyOf(P50({{Below(20)}})), {}, {19, 21}), Verdict::kInconclusive);
  GatePolicy point = PolicyOf(P50({{Below(20.5)}}));
  point.demand_rule = DemandRule::kPoint;
  EXPECT_EQ(JudgeFlat(point, {}, {19, 20, 21}), Verdict::kPass);
}

TEST(GateDemandTest, BetweenWarningAndLimitItWarns) {
  const GatePolicy policy = PolicyOf(P50({{Below(20)}}, {{Below(40)}}));
  EXPECT_EQ(JudgeFlat(policy, {}, {30, 30, 30}), Verdict::kWarn);
  EXPECT_EQ(JudgeFlat(policy, {}, {50, 50, 50}), Verdict::kFail);
}

TEST(GateDemandTest, AllOfASetMustHoldAndOneSetIsEnough) {
  EXPECT_EQ(JudgeFlat(PolicyOf(P50({{Below(20), Grown(0.1)}})), {10, 10, 10}, {15, 15, 15}),
            Verdict::kFail);
  EXPECT_EQ(JudgeFlat(PolicyOf(P50({{Below(12)}, {Grown(0.6)}})), {10, 10, 10}, {15, 15, 15}),
            Verdict::kPass);
}

TEST(GateDemandTest, AChangeWithoutBaselineIsWhatThePolicySays) {
  GatePolicy policy = PolicyOf(P50({{Grown(0.1)}}));
  EXPECT_EQ(JudgeFlat(policy, {}, {10, 10, 10}), Verdict::kInconclusive);
  policy.on_no_baseline = OnMissing::kPass;
  EXPECT_EQ(JudgeFlat(policy, {}, {10, 10, 10}), Verdict::kPass);
}

TEST(GateDemandTest, AChangeOfASingleRunASideIsInconclusiveUnlessPointsAreAsked) {
  GatePolicy policy = PolicyOf(P50({{Grown(0.1)}}));
  EXPECT_EQ(JudgeFlat(policy, {10}, {15}), Verdict::kInconclusive);
  policy.demand_rule = DemandRule::kPoint;
  EXPECT_EQ(JudgeFlat(policy, {10}, {15}), Verdict::kFail);
}

// Of errors, zero against zero is no change and zero against one is an infinite one.
TEST(GateDemandTest, AZeroBaselineIsSafe) {
  GateCriterion criterion = P50({{Grown(0.1)}});
  criterion.kind = Kind::kErrorRate;
  GatePolicy policy = PolicyOf(criterion);
  policy.demand_rule = DemandRule::kPoint;
  EXPECT_EQ(JudgeFlat(policy, {10, 10, 10}, {10, 10, 10}), Verdict::kPass);
  auto broken = FlatRuns({10, 10, 10}, kOdd);
  AddBroken(broken[0], Outcome::kFailed, 1);
  EXPECT_EQ(JudgeGate(policy, FlatRuns({10, 10, 10}, kEven), broken).verdict, Verdict::kFail);
}

TEST(GateDemandTest, RequestsThatWereCutOffCannotKeepALimit) {
  auto runs = FlatRuns({10, 10, 10}, kOdd);
  for (weir::Run& run : runs) {
    AddBroken(run, Outcome::kTimedOut, 900, 10'000'000);
  }
  EXPECT_EQ(JudgeGate(PolicyOf(P50({{Below(20)}})), {}, runs).verdict, Verdict::kInconclusive);
}

// A limit is held against the candidate alone: whether its runs can be believed counts there, too.
TEST(GateDemandTest, AnInvalidRunKeepsNoLimit) {
  auto runs = FlatRuns({10, 10, 10}, kOdd);
  runs[1].validity.emplace().grade = Grade::kInvalid;
  runs[1].validity->reasons.push_back({.grade = Grade::kInvalid, .text = "it was late"});
  GatePolicy policy = PolicyOf(P50({{Below(20)}}));
  const GateResult result = JudgeGate(policy, {}, runs);
  EXPECT_EQ(result.verdict, Verdict::kInconclusive);
  EXPECT_NE(result.reason.find("it was late"), std::string::npos) << result.reason;
  policy.on_invalid = OnInvalid::kWarn;
  EXPECT_EQ(JudgeGate(policy, {}, runs).verdict, Verdict::kPass);
}

TEST(GateDemandTest, WithoutAnyDemandItIsShownAndDoesNotCount) {
  GatePolicy policy = PolicyOf(P50({}));
  policy.criteria.push_back(P50({{Below(20)}}));
  const GateResult result = JudgeGate(policy, {}, FlatRuns({10, 10, 10}, kOdd));
  EXPECT_EQ(result.verdict, Verdict::kPass);
  EXPECT_EQ(result.checks[0].weight, 0);
  EXPECT_TRUE(result.checks[0].candidate);
}

// The smallest number of runs that is judged at all.
TEST(GateVectorTest, ThreeRunsASideFindWhatIsClearAndNothingElse) {
  const GatePolicy policy = PolicyOf({.kind = Kind::kResponseBody, .tolerance = 0.05});
  EXPECT_EQ(JudgeFlat(policy, {10, 10.1, 9.9}, {20, 20.2, 19.8}), Verdict::kFail);
  EXPECT_NE(JudgeFlat(policy, {10, 10.1, 9.9}, {10.1, 10, 10.2}), Verdict::kFail);
}

GatePolicy ByHistory() {
  GateCriterion criterion{.kind = Kind::kResponseQuantile, .quantile = 0.5, .tolerance = 0.05};
  criterion.basis = Basis::kHistory;
  return PolicyOf(criterion);
}

GateResult JudgeByHistory(const std::vector<double>& history,
                          const std::vector<double>& candidate) {
  return JudgeGate(
      ByHistory(),
      {.baseline = {}, .candidate = FlatRuns(candidate, kOdd), .history = FlatRuns(history, kEven)},
      WallTime{});
}

TEST(GateHistoryTest, OneRunIsJudgedByHowRunsOfThePastVary) {
  const std::vector<double> history = {10, 10.1, 9.9, 10.05, 9.95, 10, 10.1, 9.9};
  EXPECT_EQ(JudgeByHistory(history, {10.05}).verdict, Verdict::kPass);
  const GateResult slow = JudgeByHistory(history, {11});
  EXPECT_EQ(slow.verdict, Verdict::kFail);
  EXPECT_NEAR(*slow.checks[0].change_ratio, 0.10, 0.005);
}

TEST(GateHistoryTest, AShortHistoryIsInconclusive) {
  const GateResult result = JudgeByHistory({10, 10.1, 9.9, 10, 10.1}, {20});
  EXPECT_EQ(result.verdict, Verdict::kInconclusive);
  EXPECT_NE(result.reason.find("5 runs, 6 are the least"), std::string::npos) << result.reason;
}

// One run against eight of the same build: at most 5 % may fail; more than 38 of 500 have a
// probability below 1 %.
TEST(GateHistoryTest, ARunLikeTheOthersRarelyFails) {
  Rng rng(5);
  int fails = 0;
  for (int trial = 0; trial < 500; ++trial) {
    const Model model{.level_sd = 0.05, .requests = 200};
    const auto history = SimulatedRuns(model, 8, kEven, rng);
    const auto candidate = SimulatedRuns(model, 1, kOdd, rng);
    fails += JudgeGate(ByHistory(), {.baseline = {}, .candidate = candidate, .history = history},
                       WallTime{})
                         .verdict == Verdict::kFail
                 ? 1
                 : 0;
  }
  EXPECT_LE(fails, 38);
}

TEST(GatePlainTest, ApdexAndMeanAreComparedWithTheBaseline) {
  GateCriterion apdex{.kind = Kind::kApdex, .tolerance = 0.02};
  apdex.apdex_t = std::chrono::milliseconds(12);
  GateCriterion mean{.kind = Kind::kResponseMean, .tolerance = 0.02};
  GatePolicy policy;
  policy.criteria = {apdex, mean};
  EXPECT_EQ(JudgeFlat(policy, {10, 10.1, 9.9, 10, 10.1}, {10, 10.1, 9.9, 10, 10.1}),
            Verdict::kPass);
  const GateResult slow = JudgeGate(policy, FlatRuns({10, 10.1, 9.9, 10, 10.1}, kEven),
                                    FlatRuns({14, 14.1, 13.9, 14, 14.1}, kOdd));
  EXPECT_EQ(slow.checks[0].verdict, Verdict::kFail);
  EXPECT_DOUBLE_EQ(*slow.checks[0].change_ratio, -0.5);
  EXPECT_EQ(slow.checks[1].verdict, Verdict::kFail);
}

TEST(GatePlainTest, AResourceThatWasNotRecordedIsWhatThePolicySays) {
  GateCriterion memory{.kind = Kind::kResource, .tolerance = 0.05};
  memory.resource = "memory_max";
  GatePolicy policy = PolicyOf(memory);
  EXPECT_EQ(JudgeFlat(policy, {10, 10, 10}, {10, 10, 10}), Verdict::kInconclusive);
  policy.on_missing = OnMissing::kFail;
  EXPECT_EQ(JudgeFlat(policy, {10, 10, 10}, {10, 10, 10}), Verdict::kFail);
}

TEST(GatePlainTest, MemoryOfTheTargetIsCompared) {
  GateCriterion memory{.kind = Kind::kResource, .tolerance = 0.05};
  memory.resource = "memory_max";
  auto baseline = FlatRuns({10, 10, 10}, kEven);
  auto candidate = FlatRuns({10, 10, 10}, kOdd);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto jitter = static_cast<double>(i);
    AddTargetValue(baseline[i].target_metrics, 1, {"cgroup_memory_bytes", 1e8 + jitter * 1e5});
    AddTargetValue(candidate[i].target_metrics, 1, {"cgroup_memory_bytes", 1.3e8 + jitter * 1e5});
  }
  const GateResult result = JudgeGate(PolicyOf(memory), baseline, candidate);
  EXPECT_EQ(result.verdict, Verdict::kFail);
  EXPECT_NE(result.reason.find("100 MB to 130 MB"), std::string::npos) << result.reason;
}

GateResult ResultOf(const std::vector<GateCheck>& checks) {
  GateResult result;
  result.checks = checks;
  return result;
}

GateCheck CheckOf(Verdict verdict, double weight = 1, bool key = false) {
  GateCheck check;
  check.metric = "throughput";
  check.verdict = verdict;
  check.weight = weight;
  check.key = key;
  return check;
}

Verdict Concluded(const GatePolicy& policy, const std::vector<GateCheck>& checks) {
  GateResult result = ResultOf(checks);
  Conclude(policy, "", result);
  return result.verdict;
}

// All pairs: the worse of the two, in the order fail, inconclusive, warn, pass.
TEST(GateOutcomeTest, WithoutScoreTheWorstIsTheVerdict) {
  for (const Verdict a : {Verdict::kPass, Verdict::kWarn, Verdict::kInconclusive, Verdict::kFail}) {
    for (const Verdict b :
         {Verdict::kPass, Verdict::kWarn, Verdict::kInconclusive, Verdict::kFail}) {
      EXPECT_EQ(Concluded({}, {CheckOf(a), CheckOf(b)}), Worse(a, b));
    }
  }
}

GatePolicy Scored() {
  GatePolicy policy;
  policy.score = ScoreRule{};
  return policy;
}

// Limits 90 % and 75 %: 9 of 10 pass, 8 of 10 warn, 7 of 10 fail; a warning is half a point.
TEST(GateOutcomeTest, TheScoreIsTheSumOfWeights) {
  EXPECT_EQ(Concluded(Scored(), {CheckOf(Verdict::kPass, 9), CheckOf(Verdict::kFail, 1)}),
            Verdict::kPass);
  EXPECT_EQ(Concluded(Scored(), {CheckOf(Verdict::kPass, 8), CheckOf(Verdict::kFail, 2)}),
            Verdict::kWarn);
  EXPECT_EQ(Concluded(Scored(), {CheckOf(Verdict::kPass, 7), CheckOf(Verdict::kFail, 3)}),
            Verdict::kFail);
  EXPECT_EQ(Concluded(Scored(), {CheckOf(Verdict::kPass), CheckOf(Verdict::kWarn)}),
            Verdict::kWarn);
}

TEST(GateOutcomeTest, AnInconclusiveCheckMattersOnlyWhereItCouldTurnTheScore) {
  EXPECT_EQ(Concluded(Scored(), {CheckOf(Verdict::kPass, 9), CheckOf(Verdict::kInconclusive, 1)}),
            Verdict::kPass);
  EXPECT_EQ(Concluded(Scored(), {CheckOf(Verdict::kPass, 1), CheckOf(Verdict::kInconclusive, 1)}),
            Verdict::kInconclusive);
  EXPECT_EQ(Concluded(Scored(), {CheckOf(Verdict::kFail, 9), CheckOf(Verdict::kInconclusive, 1)}),
            Verdict::kFail);
}

TEST(GateOutcomeTest, AKeyCheckDecidesWhateverTheScore) {
  EXPECT_EQ(Concluded(Scored(), {CheckOf(Verdict::kPass, 99), CheckOf(Verdict::kFail, 1, true)}),
            Verdict::kFail);
  EXPECT_EQ(
      Concluded(Scored(), {CheckOf(Verdict::kPass, 99), CheckOf(Verdict::kInconclusive, 1, true)}),
      Verdict::kInconclusive);
}

Waiver WaiverUntil(int seconds) {
  return {.metric = "throughput",
          .owner = "shop",
          .reason = "known",
          .until = WallTime(std::chrono::seconds(seconds))};
}

TEST(GateOutcomeTest, AWaiverTurnsAFailIntoAWarning) {
  GatePolicy policy;
  policy.waivers = {WaiverUntil(100)};
  GateResult result = ResultOf({CheckOf(Verdict::kFail)});
  ApplyWaivers(policy, WallTime(std::chrono::seconds(99)), result);
  Conclude(policy, "", result);
  EXPECT_EQ(result.verdict, Verdict::kWarn);
  EXPECT_EQ(result.checks[0].verdict, Verdict::kFail);
  EXPECT_EQ(result.checks[0].waiver, "shop until 1970-01-01T00:01:40Z: known");
}

TEST(GateOutcomeTest, AWaiverThatRanOutIsNamed) {
  GatePolicy policy;
  policy.waivers = {WaiverUntil(100)};
  GateResult result = ResultOf({CheckOf(Verdict::kFail)});
  ApplyWaivers(policy, WallTime(std::chrono::seconds(100)), result);
  Conclude(policy, "", result);
  EXPECT_EQ(result.verdict, Verdict::kFail);
  ASSERT_EQ(result.warnings.size(), 1U);
  EXPECT_EQ(result.warnings[0],
            "the waiver of throughput by shop ran out at 1970-01-01T00:01:40Z and does not count");
}

GateAction ActionOf(Verdict verdict, const GateActions& actions, const GateHistory& history = {}) {
  GateResult result;
  result.verdict = verdict;
  Act(actions, history, result);
  return result.action;
}

TEST(GateOutcomeTest, ActionsFollowThePolicy) {
  EXPECT_EQ(ActionOf(Verdict::kPass, {}), GateAction::kProceed);
  EXPECT_EQ(ActionOf(Verdict::kWarn, {}), GateAction::kProceed);
  EXPECT_EQ(ActionOf(Verdict::kInconclusive, {}), GateAction::kHold);
  EXPECT_EQ(ActionOf(Verdict::kFail, {}), GateAction::kBlock);
  EXPECT_EQ(ActionOf(Verdict::kFail, {.on_fail = OnFail::kWarn}), GateAction::kProceed);
  EXPECT_EQ(ActionOf(Verdict::kFail, {.on_fail = OnFail::kRollback}), GateAction::kRollback);
  const GateActions confirm{.on_fail = OnFail::kConfirm, .confirm_runs = 3};
  EXPECT_EQ(ActionOf(Verdict::kFail, confirm), GateAction::kConfirm);
  EXPECT_EQ(ActionOf(Verdict::kFail, confirm, {.failed_before = true}), GateAction::kBlock);
  const GateActions rerun{.on_inconclusive = OnInconclusive::kRerun, .rerun_max = 2};
  EXPECT_EQ(ActionOf(Verdict::kInconclusive, rerun, {.inconclusive_in_a_row = 1}),
            GateAction::kRerun);
  EXPECT_EQ(ActionOf(Verdict::kInconclusive, rerun, {.inconclusive_in_a_row = 2}),
            GateAction::kHold);
  EXPECT_EQ(ActionOf(Verdict::kFail, {.dry_run = true}), GateAction::kProceed);
}

// What is said to turn a verdict does turn it.
TEST(GateFlipTest, TheToleranceThatIsNamedTurnsTheVerdict) {
  GatePolicy policy = PolicyOf({.kind = Kind::kResponseBody, .tolerance = 0.02});
  const auto baseline = FlatRuns({10, 10.1, 9.9, 10, 10.05}, kEven);
  const auto candidate = FlatRuns({10.5, 10.6, 10.4, 10.5, 10.55}, kOdd);
  const GateResult before = JudgeGate(policy, baseline, candidate);
  ASSERT_EQ(before.verdict, Verdict::kFail);
  const std::string& flip = before.checks[0].flip;
  const std::string words = "it would be no fail at a tolerance above ";
  ASSERT_EQ(flip.substr(0, words.size()), words);
  const Result<double> named = ParseRatio(flip.substr(words.size()));
  ASSERT_TRUE(named) << flip;
  policy.criteria[0].tolerance = *named * 1.001;
  EXPECT_NE(JudgeGate(policy, baseline, candidate).verdict, Verdict::kFail);
}

}  // namespace
}  // namespace weir::analysis
