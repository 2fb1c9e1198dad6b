#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/forecast_task.h"

namespace weir::analysis {

/// Linear regression of a value on earlier ones.
struct AutoregressionSpec {
  std::string name;
  std::vector<std::size_t> lags;  ///< Ascending, each > 0.
  std::size_t difference = 0;     ///< Work on x(t) - x(t - difference); 0: on the values.
  double ridge = 1e-4;  ///< Penalty on each coefficient, relative to the mean variance of the lags.
  double decay = 1;     ///< Weight of a row relative to the next one, in (0, 1].
};

/// Fits at every origin and iterates forward; each step is kept in WidenedRange of what is known.
/// No value when the first origin has fewer than two rows per coefficient.
/// Cost: O(n L^2) for all origins together, because the cross products of an origin are extended to
/// the next one; then O(L^3 + horizon L) an origin.
/// Source: Doornik, Castle and Hendry, "Card forecasts for M4", Int. J. Forecasting 36 (2020), for
/// autoregression with sparse seasonal lags; Hoerl and Kennard, Technometrics 12 (1970), for ridge.
/// Checked against: tests/analysis/forecast_models_test.cc (series whose recursion is known, and
/// coefficients from numpy's least squares).
std::optional<ModelPaths> Autoregress(const ForecastTask& task, const AutoregressionSpec& spec);

}  // namespace weir::analysis
