#pragma once

#include <span>

#include "reports/apdex.h"
#include "reports/internal/json.h"

namespace weir::reports {

/// {"steps": [{"step" ("" = the whole run), "t_ns", "score", "interval", "rating", "satisfied",
/// "tolerating", "frustrated", "few"}], "all": the same of all steps together, each with its T}.
Json ApdexToJson(std::span<const StepApdex> steps);

}  // namespace weir::reports
