#pragma once

#include <string>
#include <string_view>

#include "analysis/changepoint.h"
#include "reports/internal/json.h"

/// What `weir analyze changepoints` and `weir history` say alike of a change point.
namespace weir::reports {

/// "99.2 %", "> 99.9 %".
std::string ConfidenceText(double confidence);

/// "+12.3 %", or the size in `unit` where there is no ratio.
std::string ChangeText(const analysis::ChangePoint& point, std::string_view unit);

/// Adds "change_ratio" with "change_ratio_interval" (null with a reason where values are not all
/// positive), "change", "before", "after", "confidence", "went_away".
void PutStep(Json& json, const analysis::ChangePoint& point);

}  // namespace weir::reports
