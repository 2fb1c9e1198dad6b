#pragma once

#include <optional>
#include <span>

#include "base/gate_policy.h"
#include "base/run.h"

namespace weir::analysis {

/// The quantile (or mean) of the response times, ns, in the worst stretch of `criterion.window` of
/// the measured part: what a user met at the worst time, which a figure of the whole run hides.
/// Stretches are of whole seconds, in which requests ended, and begin at every tenth of the window.
/// Those with too few requests for the quantile (analysis/quantile_interval.h) do not count; no
/// value when none is left, or the run is shorter than one. Requests that were cut off count with
/// the time that they had waited. `seconds` ascend. Cost: ten merges for each second.
std::optional<double> WorstWindowNs(std::span<const SecondPoint> seconds,
                                    const GateCriterion& criterion);

}  // namespace weir::analysis
