#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/rng.h"
#include "base/run.h"

/// Runs for the tests of gate and comparison.
namespace weir::analysis {

/// How the runs of a side lie in time, in slots of two minutes; a run takes one.
struct Place {
  int first_slot = 0;
  int slot_step = 1;
};

/// A complete open-loop run of one minute with one step, 'get'; started in slot `slot`.
Run EmptyRun(int slot);

/// Adds `count` completed requests of `latency_ns` each.
void AddRequests(Run& run, std::uint64_t latency_ns, std::uint64_t count);
void AddRequests(StepRecord& record, std::uint64_t latency_ns, std::uint64_t count);

/// Adds requests of the outcome without a latency, or with one of `latency_ns` if it is not 0.
void AddBroken(Run& run, Outcome outcome, std::uint64_t count, std::uint64_t latency_ns = 0);

/// One run for each of `latencies_ms`, in which each of 1,000 requests takes that long.
std::vector<Run> FlatRuns(const std::vector<double>& latencies_ms, Place place);

/// What a simulated side is like.
struct Model {
  double level_sd = 0.02;  ///< Of a run's level, logarithmic: the machine's mood.
  double slower = 0;       ///< Everything takes this share longer.
  double tail_slower = 0;  ///< The slow mode (3 % of the requests) takes this share longer.
  int requests = 2'000;
};

/// One simulated run: a log-normal body of median 10 ms, a slow mode of 40 ms and the run's level.
Run SimulatedRun(const Model& model, int slot, Rng& rng);

/// `count` simulated runs.
std::vector<Run> SimulatedRuns(const Model& model, int count, Place place, Rng& rng);

/// The same runs as the other side of a duet: pair i shares `moods[i]`, a fifth of the noise is its
/// own.
std::vector<Run> DuetRuns(const Model& model, const std::vector<double>& moods, Rng& rng);

}  // namespace weir::analysis
