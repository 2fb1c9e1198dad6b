#include "analysis/gate_earlier.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/gate.h"
#include "tests/analysis/gate_runs.h"

/// What gates of the past add to what is known of noise.
namespace weir::analysis {
namespace {

constexpr int kRuns = 5;
constexpr int kSlotsOfAGate = 20;

struct Sample {
  std::vector<EarlierGate> earlier;
  EarlierGate now;
};

EarlierGate Interleaved(const Model& candidate, int gate, Rng& rng) {
  const int first = gate * kSlotsOfAGate;
  Model baseline = candidate;
  baseline.slower = 0;
  return {
      .baseline = SimulatedRuns(baseline, kRuns, {.first_slot = first, .slot_step = 2}, rng),
      .candidate = SimulatedRuns(candidate, kRuns, {.first_slot = first + 1, .slot_step = 2}, rng)};
}

EarlierGate Duet(const Model& candidate, Rng& rng) {
  std::vector<double> moods(kRuns);
  for (double& mood : moods) {
    mood = 0.1 * rng.Normal();
  }
  Model baseline = candidate;
  baseline.slower = 0;
  return {.baseline = DuetRuns(baseline, moods, rng), .candidate = DuetRuns(candidate, moods, rng)};
}

GateResult Judged(const Sample& sample, const GatePolicy& policy = {}) {
  return JudgeGate(policy,
                   {.baseline = sample.now.baseline,
                    .candidate = sample.now.candidate,
                    .earlier = sample.earlier},
                   WallTime{});
}

Sample FourAndOne(const Model& candidate, Rng& rng) {
  Sample sample;
  for (int gate = 0; gate < 4; ++gate) {
    sample.earlier.push_back(Interleaved({.requests = candidate.requests}, gate, rng));
  }
  sample.now = Interleaved(candidate, 4, rng);
  return sample;
}

// 4 gates of 10 runs have 4 * 7 degrees of freedom, these runs 7.
TEST(GateEarlierTest, TheReasonSaysWhoseNoiseItIs) {
  Rng rng(41);
  const GateResult result = Judged(FourAndOne({.requests = 500}, rng));
  EXPECT_NE(result.checks[0].reason.find(
                "noise known from earlier gates too, 35 degrees of freedom in all"),
            std::string::npos)
      << result.checks[0].reason;
}

TEST(GateEarlierTest, WhatDoesNotFitIsPassedOver) {
  Rng rng(42);
  Sample sample = FourAndOne({.requests = 500}, rng);
  const GateResult alone = Judged({.earlier = {}, .now = sample.now});
  for (weir::Run& run : sample.earlier[0].candidate) {
    run.plan.environment = "another machine";
  }
  for (auto* side : {&sample.earlier[1].baseline, &sample.earlier[1].candidate}) {
    for (weir::Run& run : *side) {
      run.plan.scenario_sha256 = "another scenario";
    }
  }
  sample.earlier[2] = Duet({.requests = 500}, rng);  // Another design.
  sample.earlier[3].baseline.front().state = RunState::kInterrupted;
  const GateResult result = Judged(sample);
  EXPECT_EQ(result.checks[0].reason, alone.checks[0].reason);
  EXPECT_EQ(result.checks[0].p_value, alone.checks[0].p_value);
}

// Runs that vary ten times as much as those of the past are judged by themselves.
TEST(GateEarlierTest, ANoisierMachineIsNotCalmedByThePast) {
  Rng rng(43);
  Sample sample = FourAndOne({.requests = 500}, rng);
  sample.now = Interleaved({.level_sd = 0.2, .requests = 500}, 4, rng);
  const GateResult alone = Judged({.earlier = {}, .now = sample.now});
  const GateResult result = Judged(sample);
  EXPECT_EQ(result.checks[0].interval, alone.checks[0].interval);
  EXPECT_NE(result.checks[0].reason.find("noisier than earlier gates, so from these runs alone"),
            std::string::npos)
      << result.checks[0].reason;
}

// A/A, each gate with the four before it as its past: at most 5 % may fail. Of 100 comparisons more
// than 12 have a probability below 0.2 %. The exact rates, on many more runs, are what ci/bench
// gates prints.
TEST(GateEarlierTest, AlikeBuildsStillRarelyFail) {
  Rng rng(44);
  const Model model{.requests = 300};
  Sample sample;
  int fails = 0;
  for (int trial = 0; trial < 104; ++trial) {
    sample.now = Interleaved(model, trial, rng);
    if (sample.earlier.size() == 4) {
      fails += Judged(sample).verdict == Verdict::kFail ? 1 : 0;
      sample.earlier.erase(sample.earlier.begin());
    }
    sample.earlier.push_back(std::move(sample.now));
  }
  EXPECT_LE(fails, 12);
}

// Three pairs a gate: two degrees of freedom alone are hopeless, ten are not.
TEST(GateEarlierTest, FewPairsFindMoreWithAPast) {
  Rng rng(45);
  int alone = 0;
  int with = 0;
  for (int trial = 0; trial < 60; ++trial) {
    Sample sample;
    const auto three = [&](const Model& model) {
      EarlierGate gate = Duet(model, rng);
      gate.baseline.resize(3);
      gate.candidate.resize(3);
      return gate;
    };
    for (int gate = 0; gate < 4; ++gate) {
      sample.earlier.push_back(three({.requests = 300}));
    }
    sample.now = three({.slower = 0.05, .requests = 300});
    with += Judged(sample).verdict == Verdict::kFail ? 1 : 0;
    sample.earlier.clear();
    alone += Judged(sample).verdict == Verdict::kFail ? 1 : 0;
  }
  EXPECT_GE(with, alone + 10) << alone;
}

}  // namespace
}  // namespace weir::analysis
