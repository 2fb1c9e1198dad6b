#pragma once

#include <string>

#include "base/run.h"
#include "reports/internal/json.h"
#include "reports/text_options.h"

/// What runs have to tell that ran programs or benchmarks: for terminal and JSON.
namespace weir::reports {

/// "what the programs used": a row for each metric that is known, then why others are not; or
/// nothing when the run ran no programs.
std::string RenderUsage(const Run& run, const StepRecord& total, const TextOptions& options);

/// "measurements": a row for each, or nothing when there are none.
std::string RenderMeasurements(const Run& run, const TextOptions& options);

/// Sets "usage" to an object with a key for each metric and its unit ("user_time_ns",
/// "peak_memory_bytes", "instructions"), null with a reason where it is not known; a metric that is
/// known of some programs only has both. Null as a whole for runs without programs.
void PutUsage(Json& json, const Run& run, const StepRecord& total);

/// `[{"step", "name", "unit", "values"}]`, in the order of the run.
Json MeasurementsToJson(const Run& run);

}  // namespace weir::reports
