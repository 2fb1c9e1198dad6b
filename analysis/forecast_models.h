#pragma once

#include <vector>

#include "analysis/forecast_task.h"

namespace weir::analysis {

/// Every model that the data suffice for, each at every origin. `seasons` in steps, ascending, each
/// >= 2; at most the first two are used. Models of logarithms take part when all values lie well
/// above 0. At least one model is returned for any task with two values at its first origin.
std::vector<ModelPaths> RunModels(const ForecastTask& task, const std::vector<double>& seasons);

}  // namespace weir::analysis
