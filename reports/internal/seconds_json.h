#pragma once

#include <vector>

#include "base/run.h"
#include "reports/internal/json.h"

namespace weir::reports {

/// A run over time, as the page draws it: {"width_s", "measured_from" (index or null), "p50",
/// "p99", "max" (ns or null), "planned", "completed", "errors" (requests)}; one entry for every
/// width_s seconds from the start of the run, also for those in which nothing happened. Runs of
/// more than 1,800 s are folded. A quantile is null where no value lies beyond it.
/// `seconds` in any order.
Json SecondsToJson(const std::vector<SecondPoint>& seconds);

/// Every response time of a run in a grid over time and latency: {"width_s", "cells"}. `cells` is
/// flat: for each column of width_s seconds (300 columns at most) the number of its cells, then of
/// each cell, ascending, its row less the row of the cell before (0 at first) and its requests.
/// Row r has the values whose histogram bucket is in [64 r, 64 (r + 1)): 64 ns each below 2 us,
/// 16 rows for each doubling above. Counts are exact; `seconds` in any order.
Json HeatmapToJson(const std::vector<SecondPoint>& seconds);

}  // namespace weir::reports
