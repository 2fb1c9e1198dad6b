#pragma once

#include <cstddef>
#include <vector>

#include "analysis/changepoint.h"
#include "analysis/noise_choice.h"

/// The change points of one part of a history, short enough to have one behaviour of its noise.
namespace weir::analysis {

/// The engine's constants. One setting for all histories: chosen on simulated histories and on one
/// half of the annotated series, as docs/statistics.md tells; not for users.
struct ChangePointTuning {
  double penalty = 1.4;  ///< Of a step, beside log n.
  double penalty_per_log_run = 1;
  double step_variance = 100;
  NoisePenalties noise;
  bool shape = true;  ///< Whether noise may have its own shape.
};

struct HistoryPart {
  std::vector<ChangePoint> points;
  HistoryNoise noise;
  int observed = 0;
};

/// `runs_before`: how many runs of the same history precede this part. A step costs log n of all of
/// them, or every further part of a long history would bring its own false alarms. At least one
/// value must be finite, or there are no points. Cost: O(n) for a bounded number of steps.
HistoryPart AnalyzePart(const HistoryValues& history, std::size_t runs_before,
                        const ChangePointOptions& options, const ChangePointTuning& tuning = {});

}  // namespace weir::analysis
