#pragma once

#include "base/run.h"

namespace weir::analysis {

/// Holds one demand against the measured part of a run (Phase::kMeasure, response time, whole run
/// or the step named). A statement about this run alone, not about the next one.
///
/// Three-valued: requests that were cut off (timed out, unfinished) are lower bounds, so a
/// statistic has a lowest and a highest possible value; the state is kPass or kFail only if all
/// values between agree, else kUnknown with the reason. Unknown, too: a step that the run does not
/// have, no requests, fewer requests than the quantile needs (analysis/quantile_interval.h).
/// `observed` is the lowest possible value; it is present whenever there is one.
ThresholdResult Evaluate(const Threshold& threshold, const Run& run);

}  // namespace weir::analysis
