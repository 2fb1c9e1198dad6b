#pragma once

#include <array>
#include <vector>

#include "analysis/forecast_combination.h"
#include "analysis/forecast_task.h"

namespace weir::analysis {

/// How far a forecast is likely to be off, from how far past forecasts were off.
struct ErrorModel {
  Path scale = {};  ///< Typical absolute error of each step, unit of the values.
  std::vector<Path> standardised = {};  ///< Signed past errors over their scale, a path per origin.
  bool proportional = false;            ///< Errors grow with the forecast (chosen by likelihood).
  double horizons = 1;  ///< Checked horizons that fit side by side into the time checked, >= 1.

  /// Distance from the forecast, in units of `scale`, inside which the share `coverage` in (0, 1)
  /// of errors lies: the quantile of the past ones, or of a normal distribution with their mean
  /// square where they are too few for the quantile; times Student's over the normal quantile with
  /// kFreedomPerHorizon degrees of freedom per horizon, because little past tells little.
  double Quantile(double coverage) const;
};

/// Split-conformal in spirit: the errors of forecasts whose weights did not see them, over a scale
/// that is smooth in the step (their mean absolute size, blended with one that grows with the root
/// of the step; beyond the checked steps it grows with the power kGrowthBeyond of the step).
/// Whether the scale follows the size of the forecast is decided by the Laplace likelihood of the
/// errors. `actual` are the values that came: those of the task, before outliers were cleaned away.
/// Source: Stankeviciute, Alaa and van der Schaar, "Conformal time-series forecasting", NeurIPS
/// 2021; exchangeability does not hold for series, so coverage is measured (docs/statistics.md).
ErrorModel ModelErrors(const ForecastTask& task, const Combination& combination,
                       const std::vector<double>& actual);

}  // namespace weir::analysis
