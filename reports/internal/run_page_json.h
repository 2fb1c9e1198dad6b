#pragma once

#include "base/run.h"
#include "reports/internal/json.h"

namespace weir::reports {

/// Whether each step says where its response times went, besides the run as a whole.
enum class StepParts { kNone, kEach };

/// RunToJson for a caller that has run.Total(Phase::kMeasure), which is dear to make.
Json RunToJson(const Run& run, const StepRecord& total, StepParts step_parts);

}  // namespace weir::reports
