#pragma once

#include <span>
#include <string>

#include "analysis/forecast.h"
#include "base/series.h"
#include "reports/text_options.h"

/// What `weir analyze forecast` prints. `forecasts` has one entry for each of table.series.
namespace weir::reports {

/// How much of a forecast is told.
enum class ForecastDetail { kResult, kExplained };

/// A fan plot, a table of steps, when the limit is crossed; explained: seasons, models and weights.
std::string RenderForecast(const SeriesTable& table, std::span<const analysis::Forecast> forecasts,
                           ForecastDetail detail, const TextOptions& options);

/// One line, schema "weir.analyze/1". One series: its "mean", "lo80", "hi80", "lo95", "hi95" and
/// the rest in the line itself; several: an array "series" of the same with "name".
std::string ForecastJson(const SeriesTable& table, std::span<const analysis::Forecast> forecasts,
                         ForecastDetail detail);

}  // namespace weir::reports
