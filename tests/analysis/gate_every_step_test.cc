#include "analysis/gate_every_step.h"

#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "analysis/gate.h"
#include "tests/analysis/gate_runs.h"

namespace weir::analysis {
namespace {

constexpr std::uint32_t kChanged = 7;

/// A candidate against a baseline of steps of 10 ms each.
struct Release {
  std::uint32_t steps = 40;
  double one = 1;           ///< Factor of the response times of step 7.
  double others = 1;        ///< Of all others.
  std::uint64_t wrong = 0;  ///< Requests of step 7 that fail in the candidate, of 400.
  std::uint64_t requests = 400;
  double mood = 0.02;  ///< Standard deviation of the runs' levels, which steps share.
};

weir::Run RunOf(const Release& release, bool candidate, int slot, Rng& rng) {
  weir::Run run = EmptyRun(slot);
  run.plan.steps.clear();
  run.totals.clear();
  const double mood = release.mood * rng.Normal();
  for (std::uint32_t step = 0; step < release.steps; ++step) {
    run.plan.steps.push_back({.flow = "buy", .step = "step" + std::to_string(step)});
    StepRecord& record = run.totals.emplace_back();
    record.step = step;
    const double factor = candidate ? (step == kChanged ? release.one : release.others) : 1;
    const std::uint64_t wrong = candidate && step == kChanged ? release.wrong : 1;
    for (std::uint64_t i = wrong; i < release.requests; ++i) {
      AddRequests(record,
                  static_cast<std::uint64_t>(10e6 * factor * std::exp(mood + 0.3 * rng.Normal())),
                  1);
    }
    record.counts.planned += wrong;
    record.counts.by_outcome[static_cast<std::size_t>(Outcome::kFailed)] += wrong;
  }
  return run;
}

GateCheck Judge(const Release& release) {
  constexpr int kRuns = 5;
  Rng rng(11);
  std::vector<weir::Run> baseline;
  std::vector<weir::Run> candidate;
  for (int i = 0; i < kRuns; ++i) {
    baseline.push_back(RunOf(release, false, 2 * i, rng));
    candidate.push_back(RunOf(release, true, 2 * i + 1, rng));
  }
  GatePolicy policy;
  policy.criteria = {{.kind = GateCriterion::Kind::kEveryStep, .tolerance = 0.05}};
  return JudgeGate(policy, baseline, candidate).checks.front();
}

bool Says(const GateCheck& check, const std::string& text) {
  return check.reason.find(text) != std::string::npos;
}

TEST(GateEveryStepTest, FindsTheOneSlowStepOfFortyAndNamesIt) {
  const GateCheck check = Judge({.one = 1.1});
  EXPECT_EQ(check.verdict, Verdict::kFail) << check.reason;
  EXPECT_TRUE(Says(check, "'step7' rose")) << check.reason;
  EXPECT_TRUE(Says(check, "beyond the other steps")) << check.reason;
  EXPECT_NEAR(*check.change_ratio, 0.1, 0.03);
}

// Ten per cent of one step in forty are a quarter of a per cent of the whole run.
TEST(GateEveryStepTest, FindsWhatTheWholeRunHides) {
  Rng rng(11);
  std::vector<weir::Run> baseline;
  std::vector<weir::Run> candidate;
  for (int i = 0; i < 5; ++i) {
    baseline.push_back(RunOf({.one = 1.1}, false, 2 * i, rng));
    candidate.push_back(RunOf({.one = 1.1}, true, 2 * i + 1, rng));
  }
  GatePolicy policy;
  policy.criteria = {{.kind = GateCriterion::Kind::kResponseBody}};
  EXPECT_NE(JudgeGate(policy, baseline, candidate).verdict, Verdict::kFail);
}

TEST(GateEveryStepTest, AlikeStepsPassWhenTheRunsAreSteady) {
  const GateCheck check = Judge({.mood = 0.002});
  EXPECT_EQ(check.verdict, Verdict::kPass) << check.reason;
  EXPECT_LT(check.interval->high, 0.05);
}

TEST(GateEveryStepTest, AlikeStepsOfUnsteadyRunsAreInconclusive) {
  const GateCheck check = Judge({.mood = 0.1});
  EXPECT_EQ(check.verdict, Verdict::kInconclusive) << check.reason;
}

TEST(GateEveryStepTest, FindsThatAllStepsGotSlower) {
  const GateCheck check = Judge({.one = 1.1, .others = 1.1, .mood = 0.005});
  EXPECT_EQ(check.verdict, Verdict::kFail) << check.reason;
  EXPECT_TRUE(Says(check, "of all steps rose")) << check.reason;
}

TEST(GateEveryStepTest, AStepThatStayedWhileTheOthersGotFasterIsNoRegression) {
  const GateCheck check = Judge({.others = 0.9, .mood = 0.002});
  EXPECT_EQ(check.verdict, Verdict::kPass) << check.reason;
}

TEST(GateEveryStepTest, AStepThatGotSlowerWhileTheOthersGotFasterIsFound) {
  const GateCheck check = Judge({.one = 1.1, .others = 0.9, .mood = 0.002});
  EXPECT_EQ(check.verdict, Verdict::kFail) << check.reason;
  EXPECT_TRUE(Says(check, "'step7' rose")) << check.reason;
}

TEST(GateEveryStepTest, ErrorsOfOneStepAreFoundAlsoWhenTheOthersGotFaster) {
  const GateCheck check = Judge({.others = 0.9, .wrong = 40, .mood = 0.002});
  EXPECT_EQ(check.verdict, Verdict::kFail) << check.reason;
  EXPECT_TRUE(Says(check, "error rate of step 'step7' rose")) << check.reason;
}

// The mood of the machine is as large as what the others seem to have won.
TEST(GateEveryStepTest, ASlowStepIsFoundThoughTheRunsHappenedToBeFaster) {
  const GateCheck check = Judge({.one = 1.08, .others = 0.98, .mood = 0.02});
  EXPECT_EQ(check.verdict, Verdict::kFail) << check.reason;
}

TEST(GateEveryStepTest, FindsErrorsOfOneStep) {
  const GateCheck check = Judge({.wrong = 40});
  EXPECT_EQ(check.verdict, Verdict::kFail) << check.reason;
  EXPECT_TRUE(Says(check, "error rate of step 'step7' rose")) << check.reason;
  EXPECT_EQ(check.unit, "ratio");
  EXPECT_NEAR(*check.candidate, 0.1, 1e-9);
}

TEST(GateEveryStepTest, FewStepsAreJudgedEachByItself) {
  const GateCheck check = Judge({.steps = 8, .one = 1.2, .mood = 0.002});
  EXPECT_EQ(check.verdict, Verdict::kFail) << check.reason;
  EXPECT_TRUE(Says(check, "'step7' rose")) << check.reason;
}

TEST(GateEveryStepTest, StepsWithFewRequestsAreLeftOutAndCounted) {
  const GateCheck check = Judge({.requests = 150});
  EXPECT_EQ(check.verdict, Verdict::kInconclusive);
  EXPECT_TRUE(Says(check, "200 requests")) << check.reason;
}

}  // namespace
}  // namespace weir::analysis
