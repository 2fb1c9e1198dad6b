#pragma once

#include <vector>

#include "reports/html_report.h"
#include "reports/internal/json.h"

namespace weir::reports {

/// What the comparison page knows of two builds beyond their distributions: [{"a_runs", "b_runs",
/// "design", "summary", "warnings", "metrics": [[metric, step, unit, a, b, change, low, high,
/// p_adjusted, note]]}]. Interval and p as of analysis::ComparedMetric, numbers to five digits;
/// null = not known, and `note` says why.
Json PairsToJson(const std::vector<BuildPair>& pairs);

}  // namespace weir::reports
