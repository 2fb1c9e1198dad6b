#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/exact_intervals.h"
#include "analysis/gate.h"
#include "analysis/gate_looks.h"
#include "tests/analysis/gate_runs.h"
#include "tests/analysis/machines.h"
#include "tests/analysis/trials.h"

/// How often a duet of up to 20 pairs that is asked after each pair from the third ever fails
/// alike builds, and after how many pairs it finds a slower one. Slow. WEIR_TRIALS of each machine;
/// prints a table.
namespace weir::analysis {
namespace {

constexpr int kTrialsUnlessTold = 100;
constexpr std::uint32_t kPairsMax = 20;
constexpr std::uint32_t kFirstLook = 3;
constexpr int kRequests = 3'000;

struct Watched {
  int fails = 0;
  int passes = 0;
  std::vector<double> pairs;  ///< After which each was decided; kPairsMax + 1 = never.
};

Verdict LookAfter(std::uint32_t pairs, const EarlierGate& all) {
  GatePolicy policy = DefaultGatePolicy();
  policy.alpha *= ShareOfLook({.pairs = pairs, .pairs_max = kPairsMax});
  const auto count = static_cast<std::ptrdiff_t>(pairs);
  const std::vector<weir::Run> baseline(all.baseline.begin(), all.baseline.begin() + count);
  const std::vector<weir::Run> candidate(all.candidate.begin(), all.candidate.begin() + count);
  return JudgeGate(policy, {.baseline = baseline, .candidate = candidate}, WallTime{}).verdict;
}

void Watch(const EarlierGate& all, Watched& watched) {
  for (std::uint32_t pairs = kFirstLook; pairs <= kPairsMax; ++pairs) {
    const Verdict verdict = LookAfter(pairs, all);
    if (verdict == Verdict::kFail || verdict == Verdict::kPass) {
      ++(verdict == Verdict::kFail ? watched.fails : watched.passes);
      watched.pairs.push_back(pairs);
      return;
    }
  }
  watched.pairs.push_back(kPairsMax + 1);
}

Watched WatchDuets(const Machine& machine, const Change& change) {
  Rng rng(static_cast<std::uint64_t>(8'100 + (&machine - kMachines)));
  const MakeRun make = [&](const Mood& mood, bool candidate, int slot) {
    weir::Run run = EmptyRun(slot);
    AddRequestsIn(mood, candidate ? change : Change{}, kRequests, run.totals.front(), rng);
    return run;
  };
  Watched watched;
  for (int trial = 0; trial < Trials(kTrialsUnlessTold); ++trial) {
    Watch(DuetOf(machine, kPairsMax, make, rng), watched);
  }
  return watched;
}

double MedianPairs(std::vector<double> pairs) {
  std::sort(pairs.begin(), pairs.end());
  return pairs[pairs.size() / 2];
}

void Print(const char* machine, const char* change, const Watched& watched) {
  const auto all = static_cast<double>(watched.pairs.size());
  std::printf("%-8s %-9s fail %.3f pass %.3f, median pairs %.0f\n", machine, change,
              watched.fails / all, watched.passes / all, MedianPairs(watched.pairs));
}

// A machine's own rate may not be shown to be above 7 %, that of all not above 5 %.
TEST(PeekedPairsRatesTest, AlikeBuildsRarelyEverFail) {
  const auto trials = static_cast<std::uint64_t>(Trials(kTrialsUnlessTold));
  std::uint64_t sum = 0;
  for (const Machine& machine : kMachines) {
    const Watched watched = WatchDuets(machine, {});
    Print(machine.name, "alike", watched);
    const auto fails = static_cast<std::uint64_t>(watched.fails);
    EXPECT_LE(ClopperPearson(fails, trials, 0.9).low, 0.07) << machine.name;
    sum += fails;
  }
  EXPECT_LE(ClopperPearson(sum, 5 * trials, 0.9).low, 0.05);
}

TEST(PeekedPairsRatesTest, FivePercentIsFoundAfterFewPairs) {
  std::vector<double> pairs;
  for (const Machine& machine : kMachines) {
    const Watched watched = WatchDuets(machine, {.all = 0.05});
    Print(machine.name, "all +5 %", watched);
    pairs.insert(pairs.end(), watched.pairs.begin(), watched.pairs.end());
  }
  EXPECT_LE(MedianPairs(pairs), 4);
}

// The tail's tolerance is 5 %, so this is twice the margin of the tail.
TEST(PeekedPairsRatesTest, TwiceTheMarginRarelyPasses) {
  for (const Machine& machine : kMachines) {
    const Watched watched = WatchDuets(machine, {.tail = 0.10});
    Print(machine.name, "tail +10 %", watched);
    EXPECT_LE(ClopperPearson(static_cast<std::uint64_t>(watched.passes),
                             static_cast<std::uint64_t>(Trials(kTrialsUnlessTold)), 0.9)
                  .low,
              0.05)
        << machine.name;
  }
}

}  // namespace
}  // namespace weir::analysis
