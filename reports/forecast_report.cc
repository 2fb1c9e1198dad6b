#include "reports/forecast_report.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "reports/internal/analysis_json.h"
#include "reports/internal/analysis_text.h"
#include "reports/internal/text_layout.h"
#include "reports/series_plot.h"

namespace weir::reports {
namespace {

using analysis::Forecast;
using analysis::ForecastModel;
using analysis::LimitCrossing;
using analysis::Path;
using analysis::Season;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kHistoryShownMin = 60;
constexpr std::size_t kRowsMax = 12;
constexpr double kWeightShownMin = 0.01;
constexpr double kQuantiles[] = {0.1, 0.5, 0.9};
constexpr std::string_view kBeyond = "beyond the horizon";

// The end of the history, then the forecast with its 95 % band.
std::string FanPlot(const SeriesTable& table, const Series& series, const Forecast& forecast,
                    const TextOptions& options) {
  const std::size_t horizon = forecast.mean.size();
  const std::size_t shown = std::min(series.values.size(), std::max(3 * horizon, kHistoryShownMin));
  const std::size_t first = series.values.size() - shown;
  std::vector<double> values(series.values.begin() + static_cast<std::ptrdiff_t>(first),
                             series.values.end());
  std::vector<double> line(shown, kNaN);
  std::vector<double> low = line;
  std::vector<double> high = line;
  values.resize(shown + horizon, kNaN);
  line.insert(line.end(), forecast.mean.begin(), forecast.mean.end());
  low.insert(low.end(), forecast.band95.low.begin(), forecast.band95.low.end());
  high.insert(high.end(), forecast.band95.high.begin(), forecast.band95.high.end());
  SeriesPlot plot;
  plot.title = SeriesTitle(table, series);
  plot.unit = series.unit;
  plot.values = values;
  plot.line = line;
  plot.low = low;
  plot.high = high;
  plot.marks = {{.index = shown, .label = "now"}};
  plot.x_first = RowName(table, first);
  plot.x_last = fmt::format("+{}", horizon);
  return RenderPlot(plot, options);
}

std::string StepTable(const Series& series, const Forecast& forecast, const TextOptions& options) {
  TextTable table({{.title = "step"},
                   {.title = "expected"},
                   {.title = "80 % low"},
                   {.title = "80 % high"},
                   {.title = "95 % low"},
                   {.title = "95 % high"}});
  const std::size_t horizon = forecast.mean.size();
  const std::size_t rows = std::min(horizon, kRowsMax);
  for (std::size_t row = 1; row <= rows; ++row) {
    const std::size_t h = row * horizon / rows - 1;
    std::vector<Cell> cells = {{.text = fmt::format("+{}", h + 1)}};
    for (const double value : {forecast.mean[h], forecast.band80.low[h], forecast.band80.high[h],
                               forecast.band95.low[h], forecast.band95.high[h]}) {
      cells.push_back({.text = SeriesValueText(value, series.unit)});
    }
    table.AddRow(std::move(cells));
  }
  return table.Render(2, options);
}

std::string CrossingText(const Series& series, const LimitCrossing& crossing) {
  std::string text = fmt::format("the limit {} is {} within {} steps with probability {:.2f}",
                                 SeriesValueText(crossing.limit, series.unit),
                                 crossing.upward ? "reached" : "fallen to",
                                 crossing.probability.size(), crossing.probability.back());
  for (const double p : kQuantiles) {
    const auto steps = crossing.StepsUntil(p);
    text += fmt::format("; {:.0f} %: {}", 100 * p,
                        steps ? fmt::format("by step {}", *steps) : std::string(kBeyond));
  }
  return text;
}

std::string SeasonText(const Season& season) {
  const std::string why =
      season.declared
          ? "declared"
          : fmt::format("{}, lowers past errors by {:.0f} %",
                        season.sure ? "found" : "worth a try, may be chance", 100 * season.gain);
  return fmt::format("season of {:g} steps: {}", season.steps, why);
}

std::string Explanation(const Forecast& forecast, const TextOptions& options) {
  std::string text;
  for (const Season& season : forecast.seasons) {
    text += Wrapped(SeasonText(season), 2, options);
  }
  if (forecast.seasons.empty()) {
    text += Wrapped("no season: none lowered past errors", 2, options);
  }
  text += Wrapped(
      fmt::format("errors measured at {} past origins, {} steps each, on the last {} values; the "
                  "bands {}",
                  forecast.origins, forecast.checked, forecast.values,
                  forecast.proportional ? "widen with the forecast (errors did)"
                                        : "do not depend on the forecast (errors did not)"),
      2, options);
  text += Wrapped(
      "weights are past errors to the power of -5; a step is half the weighted mean, half the "
      "weighted median",
      2, options);
  TextTable table({{.title = "model", .align = Align::kLeft, .width_min = 8},
                   {.title = "weight"},
                   {.title = "error / median model's"}});
  std::size_t light = 0;
  for (const ForecastModel& model : forecast.models) {
    if (model.weight < kWeightShownMin) {
      ++light;
      continue;
    }
    table.AddRow({{.text = model.name},
                  {.text = fmt::format("{:.2f}", model.weight)},
                  {.text = fmt::format("{:.2f}", model.error)}});
  }
  text += table.Render(2, options);
  if (light > 0) {
    text +=
        Wrapped(fmt::format("and {} with weights below {}", light, kWeightShownMin), 2, options);
  }
  return text;
}

Json CrossingJson(const LimitCrossing& crossing) {
  Json json = {{"limit", crossing.limit}, {"upward", crossing.upward}};
  json["probability"] = NumberArray(crossing.probability);
  for (const double p : kQuantiles) {
    const auto steps = crossing.StepsUntil(p);
    PutKnown(json, fmt::format("steps_p{:.0f}", 100 * p),
             steps ? std::optional(static_cast<double>(*steps)) : std::nullopt, kBeyond);
  }
  return json;
}

void PutForecast(Json& json, const Forecast& forecast, ForecastDetail detail) {
  json["mean"] = NumberArray(forecast.mean);
  json["lo80"] = NumberArray(forecast.band80.low);
  json["hi80"] = NumberArray(forecast.band80.high);
  json["lo95"] = NumberArray(forecast.band95.low);
  json["hi95"] = NumberArray(forecast.band95.high);
  Json seasons = Json::array();
  for (const Season& season : forecast.seasons) {
    Json one = {{"steps", season.steps}, {"declared", season.declared}, {"sure", season.sure}};
    PutKnown(one, "gain_ratio", season.declared ? std::nullopt : std::optional(season.gain),
             "a declared season is not tested");
    seasons.push_back(std::move(one));
  }
  json["seasons"] = std::move(seasons);
  if (forecast.crossing) {
    json["crossing"] = CrossingJson(*forecast.crossing);
  }
  if (detail == ForecastDetail::kExplained) {
    Json models = Json::array();
    for (const ForecastModel& model : forecast.models) {
      models.push_back(
          {{"name", model.name}, {"weight", model.weight}, {"relative_error", model.error}});
    }
    json["models"] = std::move(models);
    json["origins"] = forecast.origins;
    json["checked_steps"] = forecast.checked;
    json["values_used"] = forecast.values;
    json["proportional"] = forecast.proportional;
  }
}

}  // namespace

std::string RenderForecast(const SeriesTable& table, std::span<const Forecast> forecasts,
                           ForecastDetail detail, const TextOptions& given) {
  WEIR_CHECK(forecasts.size() == table.series.size());
  const TextOptions options = Checked(given);
  std::string text;
  for (std::size_t i = 0; i < forecasts.size(); ++i) {
    const Series& series = table.series[i];
    text += FanPlot(table, series, forecasts[i], options);
    text += StepTable(series, forecasts[i], options);
    if (forecasts[i].crossing) {
      text += Wrapped(CrossingText(series, *forecasts[i].crossing), 2, options);
    }
    if (detail == ForecastDetail::kExplained) {
      text += Explanation(forecasts[i], options);
    }
    text += WarningLines(forecasts[i].warnings, options);
  }
  return text + WarningLines(table.warnings, options);
}

std::string ForecastJson(const SeriesTable& table, std::span<const Forecast> forecasts,
                         ForecastDetail detail) {
  WEIR_CHECK(forecasts.size() == table.series.size());
  Json json = AnalysisHead(table.source, "forecast");
  std::vector<std::string> warnings = table.warnings;
  if (forecasts.size() == 1) {
    PutForecast(json, forecasts[0], detail);
    warnings.insert(warnings.end(), forecasts[0].warnings.begin(), forecasts[0].warnings.end());
  } else {
    Json series = Json::array();
    for (std::size_t i = 0; i < forecasts.size(); ++i) {
      Json one = {{"name", table.series[i].name}};
      PutForecast(one, forecasts[i], detail);
      PutWarnings(one, forecasts[i].warnings);
      series.push_back(std::move(one));
    }
    json["series"] = std::move(series);
  }
  PutWarnings(json, warnings);
  return AnalysisLine(json);
}

}  // namespace weir::reports
