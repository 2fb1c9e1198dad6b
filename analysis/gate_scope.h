#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/gate_policy.h"
#include "base/run.h"

/// Runs cut down to what a criterion is about. What is left are runs like any other, so every test
/// of the gate works on them as it is.
namespace weir::analysis {

struct ScopedRuns {
  std::vector<Run> runs;  ///< As the runs given; empty with `missing`.
  std::string missing;    ///< Why one of them has no such part; empty when all have it.
};

/// `runs` as if only what `scope` names had happened in them.
///
/// A stretch is taken from Run::stretches, where somebody has put it, and must lie in the measured
/// part; rates are over its seconds. Requests are booked where Run::stretches says.
///
/// With tags, the plan has the steps with all of them only.
///
/// With a part, the response times are those parts of the answered requests (PartHistogram), which
/// are never lower bounds: requests without an answer have none. Counts and send lag stay.
ScopedRuns Scoped(std::span<const Run> runs, const GateScope& scope);

}  // namespace weir::analysis
