#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/run.h"

namespace weir::analysis {

/// What a threshold is held against: what the steps it names did in some stretch of the measured
/// part.
struct ThresholdFigures {
  RequestCounts counts;
  std::uint64_t completed = 0;  ///< StepRecord::completed_in_window.
  LatencyView latency;          ///< Of Threshold::latency.
  Nanos measured{0};            ///< Length of the stretch.

  void Add(const StepRecord& record, LatencyKind kind);
};

/// The steps whose requests count, by index, `StepRecord::step`; all for a threshold that names
/// none.
struct ThresholdSteps {
  std::vector<bool> counts;
  std::string missing;  ///< Why there are none; empty otherwise.
};

ThresholdSteps StepsOf(const Threshold& threshold, const std::vector<StepName>& steps);

/// Holds one demand against figures: not kValue and kValidity, which are no figures of requests.
///
/// Three-valued: requests that were cut off (timed out, unfinished) are lower bounds, so a
/// statistic has a lowest and a highest possible value; the state is kPass or kFail only if all
/// values between agree, else kUnknown with the reason. Unknown, too: no requests, fewer requests
/// than the quantile needs (analysis/quantile_interval.h). `observed` is the lowest possible value;
/// it is present whenever there is one.
ThresholdResult Evaluate(const Threshold& threshold, const ThresholdFigures& figures);

/// Holds one demand against the measured part of a whole run, whatever its window. A statement
/// about this run alone, not about the next one. Unknown, too: a step or tag that the run does not
/// have, a value that nobody recorded, the validity of a run that was not judged.
ThresholdResult Evaluate(const Threshold& threshold, const Run& run);

}  // namespace weir::analysis
