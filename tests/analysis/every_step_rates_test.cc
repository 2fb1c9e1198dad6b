#include <cstdio>
#include <string>

#include <gtest/gtest.h>

#include "analysis/exact_intervals.h"
#include "analysis/gate.h"
#include "tests/analysis/gate_runs.h"
#include "tests/analysis/machines.h"
#include "tests/analysis/trials.h"

/// How often the criterion 'every_step' fails releases of 40 steps, alike or with one step slower,
/// of 1,000 requests a step and run. Slow. WEIR_TRIALS of each machine and design; prints a table.
namespace weir::analysis {
namespace {

constexpr int kTrialsUnlessTold = 10;
constexpr int kRuns = 5;
constexpr std::uint32_t kSteps = 40;
constexpr std::uint32_t kChanged = 17;
constexpr int kRequests = 1'000;

/// The change of one step, and that of all others.
struct Release {
  Change one;
  Change others;
};

weir::Run RunOf(const Mood& mood, const Release& release, int slot, Rng& rng) {
  weir::Run run = EmptyRun(slot);
  run.plan.steps.clear();
  run.totals.clear();
  for (std::uint32_t step = 0; step < kSteps; ++step) {
    run.plan.steps.push_back({.flow = "buy", .step = "step" + std::to_string(step)});
    StepRecord& record = run.totals.emplace_back();
    record.step = step;
    AddRequestsIn(mood, step == kChanged ? release.one : release.others, kRequests, record, rng);
  }
  return run;
}

using MakeGate = EarlierGate (*)(const Machine&, int, const MakeRun&, Rng&);

struct Found {
  int fails = 0;
  int inconclusive = 0;
  int named_right = 0;
  int named_wrong = 0;
};

Found Judge(MakeGate make, const Machine& machine, const Release& release) {
  GatePolicy policy;
  policy.criteria = {{.kind = GateCriterion::Kind::kEveryStep, .tolerance = 0.05}};
  Rng rng(static_cast<std::uint64_t>(77'000 + (&machine - kMachines)));
  const MakeRun make_run = [&](const Mood& mood, bool candidate, int slot) {
    return RunOf(mood, candidate ? release : Release{}, slot, rng);
  };
  Found found;
  for (int trial = 0; trial < Trials(kTrialsUnlessTold); ++trial) {
    const EarlierGate runs = make(machine, kRuns, make_run, rng);
    const GateResult result = JudgeGate(policy, runs.baseline, runs.candidate);
    found.inconclusive += result.verdict == Verdict::kInconclusive ? 1 : 0;
    if (result.verdict == Verdict::kFail) {
      ++found.fails;
      const bool right = result.reason.find("'step17'") != std::string::npos;
      found.named_right += right ? 1 : 0;
      found.named_wrong += !right && result.reason.find("step '") != std::string::npos ? 1 : 0;
    }
  }
  return found;
}

// Over the five machines, per trial.
Found JudgeAll(const std::string& what, MakeGate make, const Release& release) {
  Found sum;
  for (const Machine& machine : kMachines) {
    const Found found = Judge(make, machine, release);
    sum.fails += found.fails;
    sum.inconclusive += found.inconclusive;
    sum.named_right += found.named_right;
    sum.named_wrong += found.named_wrong;
    std::printf("  %-10s %d fail\n", machine.name, found.fails);
  }
  const double all = 5.0 * Trials(kTrialsUnlessTold);
  std::printf("%-32s fail %.3f inconclusive %.3f, right step %.3f, wrong step %.3f\n", what.c_str(),
              sum.fails / all, sum.inconclusive / all, sum.named_right / all,
              sum.named_wrong / all);
  return sum;
}

// Whether a share of the trials may be at most `limit`, and at least.
void ExpectAtMost(int count, double limit) {
  const auto all = 5 * static_cast<std::uint64_t>(Trials(kTrialsUnlessTold));
  EXPECT_LE(ClopperPearson(static_cast<std::uint64_t>(count), all, 0.9).low, limit);
}

void ExpectAtLeast(int count, double limit) {
  const auto all = 5 * static_cast<std::uint64_t>(Trials(kTrialsUnlessTold));
  EXPECT_GE(ClopperPearson(static_cast<std::uint64_t>(count), all, 0.9).high, limit);
}

TEST(EveryStepRatesTest, AlikeReleasesRarelyFail) {
  ExpectAtMost(JudgeAll("duet, alike", DuetOf, {}).fails, 0.05);
  ExpectAtMost(JudgeAll("interleaved, alike", InterleavedOf, {}).fails, 0.05);
}

TEST(EveryStepRatesTest, OneSlowStepOfFortyIsFound) {
  const Release five = {.one = {.all = 0.05}, .others = {}};
  const Release ten = {.one = {.all = 0.10}, .others = {}};
  ExpectAtLeast(JudgeAll("duet, one +5 %", DuetOf, five).fails, 0.50);
  ExpectAtLeast(JudgeAll("duet, one +10 %", DuetOf, ten).fails, 0.88);
  ExpectAtLeast(JudgeAll("interleaved, one +5 %", InterleavedOf, five).fails, 0.49);
  ExpectAtLeast(JudgeAll("interleaved, one +10 %", InterleavedOf, ten).fails, 0.86);
}

// A faster release in which one step merely stayed is no regression.
TEST(EveryStepRatesTest, AStepThatStayedWhileAllOthersGotFasterRarelyFails) {
  const Release release = {.one = {}, .others = {.all = -0.05}};
  ExpectAtMost(JudgeAll("duet, 39 faster", DuetOf, release).fails, 0.05);
  ExpectAtMost(JudgeAll("interleaved, 39 faster", InterleavedOf, release).fails, 0.10);
}

}  // namespace
}  // namespace weir::analysis
