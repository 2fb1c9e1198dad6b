#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/forecast_crossing.h"
#include "analysis/forecast_seasons.h"
#include "analysis/forecast_task.h"
#include "base/result.h"

/// Forecasts with intervals, for live metrics and for metrics over builds.
namespace weir::analysis {

struct ForecastOptions {
  /// Steps to look ahead, in [1, kHorizonMax].
  std::size_t horizon = 1;

  /// Season lengths in steps, at most two, each >= 2, ascending. Empty: they are looked for; one: a
  /// longer one is looked for.
  std::vector<double> seasons = {};

  /// Value whose crossing is asked for.
  std::optional<double> limit = std::nullopt;

  /// For the simulated paths of the crossing; the same seed gives the same answer.
  std::uint64_t seed = 1;
};

inline constexpr std::size_t kHorizonMax = 10'000;
inline constexpr std::size_t kForecastValuesMin = 4;

/// Interval of each step.
struct ForecastBand {
  Path low;
  Path high;
};

/// A model that had a part in the forecast.
struct ForecastModel {
  std::string name;
  double weight = 0;  ///< In [0, 1]; they add up to 1.
  double error = 0;   ///< Relative to the median model's, at past origins.
};

struct Forecast {
  Path mean;  ///< The value to expect of each step (between mean and median).
  ForecastBand band80;
  ForecastBand band95;
  std::vector<ForecastModel> models;  ///< Heaviest first.
  std::vector<Season> seasons;
  std::size_t origins = 0;    ///< Past origins from which the errors were measured.
  std::size_t checked = 0;    ///< Steps of each that were compared with what came.
  std::size_t values = 0;     ///< Latest values that were used.
  bool proportional = false;  ///< The bands widen with the forecast.
  std::optional<LimitCrossing> crossing;
  std::vector<std::string> warnings;  ///< To be shown with the forecast.
};

/// Forecasts equally spaced values, oldest first; what is not finite is missing.
///
/// Several models (forecast_models.h) forecast from up to twenty past origins and from now; they
/// are combined by their errors there, and the combination's own errors there, with weights that
/// did not see them, give the bands. Outliers are cleaned away before models are fitted, but count
/// in the bands. Uses the last kHistory values, or eight of the longest season if that is more.
/// Multiplying the values by a power of two multiplies the result exactly. What was never negative
/// is not foretold to become so. Everything returned is finite.
///
/// Errors: kUsage for options out of range or fewer than kForecastValuesMin values.
/// Cost: 5 to 15 ms at 1,000 values and a horizon of 48 (tests/bench/forecast_bench.cc).
/// Measured: docs/statistics.md (M4 hourly and weekly, simulated live metrics and build histories).
inline constexpr std::size_t kHistory = 1040;
Result<Forecast> MakeForecast(std::span<const double> values, const ForecastOptions& options);

}  // namespace weir::analysis
