#include "analysis/gate.h"

#include <algorithm>
#include <optional>

#include <gtest/gtest.h>

#include "analysis/effect.h"
#include "analysis/run_statistics.h"
#include "tests/analysis/gate_runs.h"

namespace weir::analysis {
namespace {

constexpr Place kEven{.first_slot = 0, .slot_step = 2};
constexpr Place kOdd{.first_slot = 1, .slot_step = 2};

GatePolicy LatencyPolicy() {
  GatePolicy policy;
  policy.criteria = {DefaultGatePolicy().criteria[0], DefaultGatePolicy().criteria[1]};
  return policy;
}

GateResult JudgeFlat(const std::vector<double>& baseline, const std::vector<double>& candidate) {
  return JudgeGate(LatencyPolicy(), FlatRuns(baseline, kEven), FlatRuns(candidate, kOdd));
}

const GateCheck& CheckOf(const GateResult& result, std::string_view metric) {
  const auto found = std::find_if(result.checks.begin(), result.checks.end(),
                                  [&](const GateCheck& check) { return check.metric == metric; });
  EXPECT_NE(found, result.checks.end()) << metric;
  return *found;
}

std::optional<double> P99Of(const weir::Run& run) {
  return SmoothedLogQuantile(StatisticsOf(run).response.histogram, 0.99);
}

// The candidate is a hundred times slower in seven runs of ten: no mean of ranks may hide that.
TEST(GateVectorTest, SevenSlowRunsOfTenFail) {
  EXPECT_EQ(JudgeFlat({1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {100, 100, 100, 100, 100, 100, 100, 1, 1, 1})
                .verdict,
            Verdict::kFail);
}

TEST(GateVectorTest, TheSameRunsSwappedPass) {
  EXPECT_EQ(JudgeFlat({100, 100, 100, 100, 100, 100, 100, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1})
                .verdict,
            Verdict::kPass);
}

TEST(GateVectorTest, TiesPass) {
  EXPECT_EQ(JudgeFlat({5, 5, 5, 5, 5}, {5, 5, 5, 5, 5}).verdict, Verdict::kPass);
}

TEST(GateVectorTest, OneOutlierAmongEightIsInconclusive) {
  const GateResult result = JudgeFlat({5, 5, 5, 5, 5, 5, 5, 5}, {5, 5, 5, 9, 5, 5, 5, 5});
  EXPECT_EQ(result.verdict, Verdict::kInconclusive);
  EXPECT_TRUE(result.checks.front().runs_needed);
}

TEST(GateVectorTest, OneRunASideIsInconclusiveAndSaysHowManyWouldDo) {
  const GateResult result = JudgeFlat({5}, {50});
  EXPECT_EQ(result.verdict, Verdict::kInconclusive);
  EXPECT_EQ(result.checks.front().runs_needed, 3);
  EXPECT_NE(result.reason.find("3 a side are the least"), std::string::npos) << result.reason;
}

// Drift of 2 % a run, no effect: A before B must not fail.
TEST(GateVectorTest, DriftIsNotAnEffectWhenOneSideRanFirst) {
  const GateResult result = JudgeGate(
      LatencyPolicy(), FlatRuns({10, 10.2, 10.4, 10.6, 10.8}, {.first_slot = 0, .slot_step = 1}),
      FlatRuns({11, 11.2, 11.4, 11.6, 11.8}, {.first_slot = 5, .slot_step = 1}));
  EXPECT_NE(result.verdict, Verdict::kFail) << result.reason;
  EXPECT_EQ(result.design, "sequential");
  EXPECT_FALSE(result.warnings.empty());
}

TEST(GateTest, WithoutRunsItIsInconclusiveAndNamesTheSide) {
  const auto runs = FlatRuns({5, 5, 5}, kEven);
  const GateResult no_baseline = JudgeGate({}, {}, runs);
  EXPECT_EQ(no_baseline.verdict, Verdict::kInconclusive);
  EXPECT_NE(no_baseline.reason.find("baseline"), std::string::npos) << no_baseline.reason;
  const GateResult no_candidate = JudgeGate({}, runs, {});
  EXPECT_NE(no_candidate.reason.find("candidate"), std::string::npos) << no_candidate.reason;
}

TEST(GateTest, RunsThatCannotBeComparedAreInconclusiveWithTheReason) {
  const auto baseline = FlatRuns({5, 5, 5}, kEven);
  auto other_machine = FlatRuns({50, 50, 50}, kOdd);
  auto other_scenario = other_machine;
  auto cut_short = other_machine;
  for (weir::Run& run : other_machine) {
    run.plan.environment = "host=two";
  }
  for (weir::Run& run : other_scenario) {
    run.plan.scenario_sha256 = "11";
  }
  cut_short.back().state = RunState::kInterrupted;
  for (const auto& [candidate, word] :
       {std::pair{other_machine, "environment"}, std::pair{other_scenario, "different scenarios"},
        std::pair{cut_short, "interrupted"}}) {
    const GateResult result = JudgeGate({}, baseline, candidate);
    EXPECT_EQ(result.verdict, Verdict::kInconclusive) << word;
    EXPECT_NE(result.reason.find(word), std::string::npos) << result.reason;
  }
}

TEST(GateTest, AClearSlowdownFailsWithTheEffectInItsReason) {
  const GateResult result = JudgeFlat({10, 10.1, 9.9, 10, 10.05}, {11, 11.1, 10.9, 11, 11.05});
  EXPECT_EQ(result.verdict, Verdict::kFail);
  const GateCheck& body = CheckOf(result, "response_time.body");
  ASSERT_TRUE(body.change_ratio && body.interval && body.p_value);
  EXPECT_NEAR(*body.change_ratio, 0.10, 0.01);
  EXPECT_LT(body.interval->low, *body.change_ratio);
  EXPECT_GT(body.interval->high, *body.change_ratio);
  EXPECT_NE(result.reason.find("rose"), std::string::npos) << result.reason;
}

TEST(GateTest, AFasterCandidatePasses) {
  EXPECT_EQ(JudgeFlat({10, 10.1, 9.9, 10, 10.05}, {8, 8.1, 7.9, 8, 8.05}).verdict, Verdict::kPass);
}

TEST(GateTest, RequestsThatWereCutOffNeverPass) {
  auto baseline = FlatRuns({10, 10, 10, 10, 10}, kEven);
  auto candidate = FlatRuns({10, 10, 10, 10, 10}, kOdd);
  for (weir::Run& run : candidate) {
    AddBroken(run, Outcome::kTimedOut, 100, 10'000'000);
  }
  const GateResult result = JudgeGate(LatencyPolicy(), baseline, candidate);
  EXPECT_NE(CheckOf(result, "response_time.p99").verdict, Verdict::kPass);
}

TEST(GateTest, ErrorsFailTheErrorRateAlone) {
  auto baseline = FlatRuns({10, 10.1, 9.9, 10, 10.05}, kEven);
  auto candidate = FlatRuns({10, 10.1, 9.9, 10, 10.05}, kOdd);
  for (weir::Run& run : candidate) {
    AddBroken(run, Outcome::kFailed, 50);
  }
  const GateResult result = JudgeGate({}, baseline, candidate);
  EXPECT_EQ(result.verdict, Verdict::kFail);
  EXPECT_EQ(CheckOf(result, "error_rate").verdict, Verdict::kFail);
  EXPECT_EQ(CheckOf(result, "response_time.body").verdict, Verdict::kPass);
}

TEST(GateTest, NoErrorsOnEitherSidePass) {
  const GateResult result = JudgeGate({}, FlatRuns({10, 10.1, 9.9, 10, 10.05}, kEven),
                                      FlatRuns({10, 10.1, 9.9, 10, 10.05}, kOdd));
  EXPECT_EQ(CheckOf(result, "error_rate").verdict, Verdict::kPass);
}

TEST(GateTest, AStepThatARunDoesNotHaveIsInconclusive) {
  GatePolicy policy;
  policy.criteria = {{.kind = GateCriterion::Kind::kResponseBody,
                      .quantile = 0,
                      .tolerance = 0.02,
                      .step = "checkout"}};
  const GateResult result =
      JudgeGate(policy, FlatRuns({10, 10, 10}, kEven), FlatRuns({10, 10, 10}, kOdd));
  EXPECT_EQ(result.verdict, Verdict::kInconclusive);
  EXPECT_NE(result.reason.find("'checkout'"), std::string::npos) << result.reason;
}

TEST(GateTest, TheAnswerDoesNotDependOnTheOrderInWhichRunsAreGiven) {
  Rng rng(9);
  auto baseline = SimulatedRuns({}, 5, kEven, rng);
  auto candidate = SimulatedRuns({.slower = 0.03}, 5, kOdd, rng);
  const GateResult before = JudgeGate({}, baseline, candidate);
  std::reverse(baseline.begin(), baseline.end());
  std::rotate(candidate.begin(), candidate.begin() + 2, candidate.end());
  const GateResult after = JudgeGate({}, baseline, candidate);
  EXPECT_EQ(before.verdict, after.verdict);
  EXPECT_NEAR(*before.checks[1].p_value, *after.checks[1].p_value, 1e-9);
}

// A/A on simulated runs: at most 5 % may fail. Of 200 comparisons more than 20 have a probability
// below 0.2 %. The exact rates, on many more runs, are what ci/bench gates prints.
TEST(GateRateTest, AlikeBuildsRarelyFail) {
  Rng rng(21);
  int fails = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const Model model{.requests = 500};
    fails += JudgeGate({}, SimulatedRuns(model, 5, kEven, rng), SimulatedRuns(model, 5, kOdd, rng))
                         .verdict == Verdict::kFail
                 ? 1
                 : 0;
  }
  EXPECT_LE(fails, 20);
}

// The runs of a pair share the machine's mood: nothing is left to take out of the tail.
TEST(GateTest, TheTailOfADuetIsTestedOnce) {
  Rng rng(5);
  const std::vector<double> moods = {0.02, -0.01, 0.03, 0, -0.02};
  const auto baseline = DuetRuns({}, moods, rng);
  const auto candidate = DuetRuns({.tail_slower = 0.04}, moods, rng);
  GatePolicy policy;
  policy.criteria = {{.kind = GateCriterion::Kind::kResponseQuantile, .quantile = 0.99}};
  const GateCheck check = JudgeGate(policy, baseline, candidate).checks.front();
  std::vector<double> a;
  std::vector<double> b;
  for (std::size_t i = 0; i < moods.size(); ++i) {
    a.push_back(*P99Of(baseline[i]));
    b.push_back(*P99Of(candidate[i]));
  }
  const auto effect = EstimateEffect(a, b, OrderOf(baseline, candidate), {.error_min = 1e-9});
  EXPECT_NEAR(*check.p_value, effect->p_upper(), 1e-9);
}

// Pairs that share a mood ten times as large as their own noise: 5 % slower is found.
TEST(GateRateTest, DuetsFindWhatMoodsWouldHide) {
  Rng rng(22);
  int fails = 0;
  for (int trial = 0; trial < 40; ++trial) {
    std::vector<double> moods;
    for (int i = 0; i < 5; ++i) {
      moods.push_back(0.2 * rng.Normal());
    }
    const auto baseline = DuetRuns({}, moods, rng);
    const GateResult result = JudgeGate({}, baseline, DuetRuns({.slower = 0.05}, moods, rng));
    EXPECT_EQ(result.design, "duet");
    fails += result.verdict == Verdict::kFail ? 1 : 0;
  }
  EXPECT_GE(fails, 36);
}

// A change of twice the margin must not pass: at most 5 % of the time.
TEST(GateRateTest, TwiceTheMarginHardlyEverPasses) {
  Rng rng(23);
  int passes = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const auto baseline = SimulatedRuns({.requests = 500}, 5, kEven, rng);
    const auto candidate = SimulatedRuns({.slower = 0.04, .requests = 500}, 5, kOdd, rng);
    passes += JudgeGate(LatencyPolicy(), baseline, candidate).verdict == Verdict::kPass ? 1 : 0;
  }
  EXPECT_LE(passes, 10);
}

}  // namespace
}  // namespace weir::analysis
