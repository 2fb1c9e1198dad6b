#pragma once

#include <vector>

#include "base/run.h"
#include "reports/internal/json.h"

namespace weir::reports {

/// What generator and target used over the seconds of a run, as lines to be drawn: an array of
/// {"name", "of": "generator" or "target", "unit", "second": [...], "values": [...]}, ascending by
/// second. What only counts up (processor time, totals) becomes a rate: the difference of two
/// samples by the seconds between them. Long runs are thinned to kUsePointsMax samples a line.
Json UseToJson(const std::vector<ResourceSample>& resources,
               const std::vector<TargetSample>& target);

inline constexpr std::size_t kUsePointsMax = 1800;

}  // namespace weir::reports
