#pragma once

#include <functional>
#include <vector>

#include "analysis/gate_earlier.h"
#include "base/rng.h"
#include "base/run.h"

/// Machines of five kinds with the noise that runs have on them: tests of error rates draw from
/// these. A latency is a log-normal body, a slow mode of 3 % and rare far outliers.
namespace weir::analysis {

/// Noise between runs, on the scale of logarithms.
struct Machine {
  const char* name = "";
  double level = 0;      ///< Of the whole run.
  double slow = 0;       ///< Of the slow mode alone.
  double neighbour = 0;  ///< Chance of an episode of a busy neighbour.
  double mode = 0;       ///< Chance of a second speed, 8 % slower.
  double drift = 0;      ///< From run to run.
  double memory = 0;     ///< Correlation of the level from run to run.
};

inline constexpr Machine kMachines[] = {
    {.name = "quiet", .level = 0.005, .slow = 0.010},
    {.name = "normal", .level = 0.020, .slow = 0.030, .neighbour = 0.05},
    {.name = "noisy", .level = 0.050, .slow = 0.100, .neighbour = 0.30},
    {.name = "bimodal", .level = 0.010, .slow = 0.020, .mode = 0.3},
    {.name = "drift",
     .level = 0.020,
     .slow = 0.030,
     .neighbour = 0.05,
     .drift = 0.004,
     .memory = 0.7}};

/// What the machine does to a run.
struct Mood {
  double level = 0;
  double slow = 0;
  double busy_from = 1;  ///< Shares of the run; 1 = no neighbour.
  double busy_to = 1;
  double busy_by = 1;
};

/// The moods of so many slots, one after the other.
std::vector<Mood> Moods(const Machine& machine, int slots, Rng& rng);

/// A mood that a pair shares, with the fifth of the noise that is a side's own.
Mood OwnOf(const Machine& machine, Mood shared, Rng& rng);

/// What gets slower in the candidate.
struct Change {
  double all = 0;
  double tail = 0;
};

/// Adds so many requests of a run in this mood; those that follow each other share a speed.
void AddRequestsIn(const Mood& mood, const Change& change, int requests, StepRecord& record,
                   Rng& rng);

/// Makes a run of one side in a slot.
using MakeRun = std::function<Run(const Mood& mood, bool candidate, int slot)>;

/// So many pairs of runs that ran beside each other.
EarlierGate DuetOf(const Machine& machine, int pairs, const MakeRun& make, Rng& rng);

/// So many runs a side, one after the other: AB BA AB ...
EarlierGate InterleavedOf(const Machine& machine, int runs, const MakeRun& make, Rng& rng);

}  // namespace weir::analysis
