#pragma once

#include <vector>

#include "analysis/forecast_task.h"

namespace weir::analysis {

/// What several models together foretell, and what they would have foretold at past origins.
struct Combination {
  std::vector<double> weights;  ///< Of each model at the last origin; they add up to 1.
  std::vector<double> errors;   ///< Of each model: mean absolute error at an origin over the median
                                ///< model's, averaged over the origins, recent ones counting more.
  Path now;                     ///< From the last origin.
  std::vector<Path> past;       ///< From each earlier origin, `checked` steps long, with weights
                                ///< that the errors at that origin had no part in.
};

/// Weights are errors^-kCombinationPower; a step is half their weighted mean, half their weighted
/// median, so that one model that runs away does not carry the rest along. Errors are taken over
/// the first `checked` steps after each origin but the last. At least one model; without earlier
/// origins all weigh the same.
/// Source: Bates and Granger, "The combination of forecasts", Oper. Res. Quarterly 20 (1969).
/// Cost: O(models * origins * (checked + origins)).
inline constexpr double kCombinationPower = 5;
Combination CombineModels(const ForecastTask& task, const std::vector<ModelPaths>& models,
                          std::size_t checked);

}  // namespace weir::analysis
