#pragma once

#include <vector>

#include "base/gate_policy.h"
#include "base/result.h"
#include "base/run.h"
#include "store/history.h"

namespace weir::cli {

/// Adds to each run what the criteria of the policy ask of its seconds: of a window
/// (GateCriterion::window) the worst, as the metric under which analysis finds it
/// (base/summary_metric.h), of a stretch (GateScope) its sums (Run::stretches). Nothing is read
/// when the policy asks for neither. The runs are of `store`. Errors: kUnavailable.
Status AddSeconds(store::Store& store, const GatePolicy& policy, std::vector<Run>& runs);

}  // namespace weir::cli
