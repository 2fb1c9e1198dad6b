#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/gate_policy.h"
#include "base/run.h"

/// Runs of benchmarks (Run::measurements) before a gate: they have no requests and no latencies.
namespace weir::analysis {

/// No run has a request, and each has measurements.
bool OnlyMeasurements(std::span<const Run> runs);

/// What runs of benchmarks are judged by when a policy names no criteria: the real time of every
/// benchmark that all runs of both sides have, tolerance 5 %, so that alpha is shared equally among
/// them. In the order of the baseline's first run; empty for other runs.
std::vector<GateCriterion> BenchmarkCriteria(std::span<const Run> baseline,
                                             std::span<const Run> candidate);

/// Adds a warning that names benchmarks of which some run has no time: nobody compares them.
void WarnOfBenchmarks(std::span<const Run> baseline, std::span<const Run> candidate,
                      std::vector<std::string>& warnings);

}  // namespace weir::analysis
