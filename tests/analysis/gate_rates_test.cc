#include <cmath>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/exact_intervals.h"
#include "analysis/gate.h"
#include "tests/analysis/gate_runs.h"
#include "tests/analysis/machines.h"
#include "tests/analysis/trials.h"

/// How often the default policy fails builds that are alike, with the four gates before as its
/// past, on machines of five kinds. Two of five moods each: what a machine does to a run as a
/// whole, and what a neighbour does to a part of it. Slow: hundreds of thousands of runs.
/// WEIR_TRIALS of each kind and design; prints a table.
namespace weir::analysis {
namespace {

constexpr int kTrialsUnlessTold = 150;
constexpr int kRuns = 5;
constexpr int kRequests = 10'000;

MakeRun RunsOf(const Change& change, Rng& rng) {
  return [&change, &rng](const Mood& mood, bool candidate, int slot) {
    weir::Run run = EmptyRun(slot);
    AddRequestsIn(mood, candidate ? change : Change{}, kRequests, run.totals.front(), rng);
    return run;
  };
}

EarlierGate Duet(const Machine& machine, const Change& change, Rng& rng) {
  return DuetOf(machine, kRuns, RunsOf(change, rng), rng);
}

EarlierGate Interleaved(const Machine& machine, const Change& change, Rng& rng) {
  return InterleavedOf(machine, kRuns, RunsOf(change, rng), rng);
}

using MakeGate = EarlierGate (*)(const Machine&, const Change&, Rng&);

/// Share of fails among `trials` gates, each with the four before it as its past.
int Fails(MakeGate make, const Machine& machine, const Change& change, int trials) {
  Rng rng(static_cast<std::uint64_t>(51 + (&machine - kMachines)));
  std::vector<EarlierGate> past;
  for (int i = 0; i < 4; ++i) {
    past.push_back(make(machine, change, rng));
  }
  int fails = 0;
  for (int trial = 0; trial < trials; ++trial) {
    EarlierGate now = make(machine, change, rng);
    const GateRuns runs = {.baseline = now.baseline, .candidate = now.candidate, .earlier = past};
    fails += JudgeGate({}, runs, WallTime{}).verdict == Verdict::kFail ? 1 : 0;
    past.erase(past.begin());
    past.push_back(std::move(now));
  }
  return fails;
}

// The mean over the machines is at most 5 %; a machine's own rate may not be shown to be above 7 %.
void ExpectFewFalseFails(const std::string& design, MakeGate make) {
  const int trials = Trials(kTrialsUnlessTold);
  int sum = 0;
  for (const Machine& machine : kMachines) {
    const int fails = Fails(make, machine, {}, trials);
    const Interval rate =
        ClopperPearson(static_cast<std::uint64_t>(fails), static_cast<std::uint64_t>(trials), 0.9);
    std::printf("%s %s: %.3f, at most %.3f\n", design.c_str(), machine.name,
                static_cast<double>(fails) / trials, rate.high);
    EXPECT_LE(rate.low, 0.07) << design << " " << machine.name;
    sum += fails;
  }
  const auto all = 5 * static_cast<std::uint64_t>(trials);
  EXPECT_LE(ClopperPearson(static_cast<std::uint64_t>(sum), all, 0.9).low, 0.05) << design;
}

TEST(GateRatesTest, AlikeBuildsRarelyFailInADuetWithAPast) {
  ExpectFewFalseFails("duet", Duet);
}

TEST(GateRatesTest, AlikeBuildsRarelyFailInterleavedWithAPast) {
  ExpectFewFalseFails("interleaved", Interleaved);
}

double Power(MakeGate make, const Change& change) {
  int fails = 0;
  for (const Machine& machine : kMachines) {
    fails += Fails(make, machine, change, Trials(kTrialsUnlessTold));
  }
  return static_cast<double>(fails) / (5 * Trials(kTrialsUnlessTold));
}

// Mean over the machines of what five pairs with four gates of the past find.
TEST(GateRatesTest, APastFindsMore) {
  const double all = Power(Duet, {.all = 0.02});
  const double tail = Power(Duet, {.tail = 0.05});
  std::printf(
      "duet: all +2 %% %.3f, tail +5 %% %.3f; interleaved: all +5 %% %.3f, tail +5 %% %.3f\n", all,
      tail, Power(Interleaved, {.all = 0.05}), Power(Interleaved, {.tail = 0.05}));
  EXPECT_GE(all, 0.86);
  EXPECT_GE(tail, 0.50);
}

}  // namespace
}  // namespace weir::analysis
