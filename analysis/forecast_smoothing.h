#pragma once

#include <optional>
#include <string>

#include "analysis/forecast_task.h"

namespace weir::analysis {

/// Exponential smoothing with one or two seasons and first-order autocorrelation of the errors.
/// Level, the seasonal values and the correlation have one smoothing constant each, chosen by
/// coordinate search on the squared one-step errors, for the first origin and once more for the
/// last. Starts from the first long season. No value when the first origin has fewer than two
/// long seasons.
/// Source: Taylor, "Short-term electricity demand forecasting using double seasonal exponential
/// smoothing", J. Oper. Res. Soc. 54 (2003).
/// Cost: O(n) for all origins, times about 100 evaluations of the search.
struct SeasonalSmoothingSpec {
  std::string name;
  std::size_t short_season = 1;  ///< Steps, > 0.
  std::size_t long_season = 1;   ///< >= short_season; equal: one season.
};

std::optional<ModelPaths> SmoothSeasons(const ForecastTask& task,
                                        const SeasonalSmoothingSpec& spec);

/// Holt's trend that fades: level and slope smoothed, the slope multiplied by a constant < 1 each
/// step. Constants from a grid, by the mean absolute one-step error.
/// Source: Gardner and McKenzie, "Forecasting trends in time series", Management Science 31 (1985).
ModelPaths DampedTrend(const ForecastTask& task);

/// Exponential smoothing of the level, plus half the slope of the least-squares line.
/// Source: Assimakopoulos and Nikolopoulos, "The theta model", Int. J. Forecasting 16 (2000), in
/// the form of Hyndman and Billah, Int. J. Forecasting 19 (2003).
ModelPaths Theta(const ForecastTask& task);

/// Exponential smoothing of the level alone: the same value at every step.
ModelPaths SmoothLevel(const ForecastTask& task);

/// The constant in [0.05, 1] with the smallest mean absolute one-step error on the first `known`.
double BestLevelConstant(const std::vector<double>& values, std::size_t known);

}  // namespace weir::analysis
