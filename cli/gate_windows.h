#pragma once

#include <vector>

#include "base/gate_policy.h"
#include "base/result.h"
#include "base/run.h"
#include "store/history.h"

namespace weir::cli {

/// Adds to each run what the windowed criteria of the policy (GateCriterion::window) ask of its
/// seconds, as the metric under which analysis finds it (base/summary_metric.h). Nothing is read
/// when the policy has no such criterion. The runs are of `store`. Errors: kUnavailable.
Status AddWindows(store::Store& store, const GatePolicy& policy, std::vector<Run>& runs);

}  // namespace weir::cli
