#include "reports/series_summary.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "reports/internal/analysis_json.h"
#include "reports/internal/analysis_text.h"
#include "reports/internal/text_layout.h"
#include "reports/series_plot.h"

namespace weir::reports {
namespace {

constexpr std::string_view kFewValues = "too few independent values for an interval";

std::string QuantileText(std::string_view name, const analysis::DependentQuantile& quantile,
                         std::string_view unit) {
  return fmt::format(
      "{} {} ({})", name, SeriesValueText(quantile.value, unit),
      quantile.interval ? SeriesIntervalText(*quantile.interval, unit) : std::string(kFewValues));
}

std::string SummaryText(const Series& series, const analysis::SeriesSummary& summary) {
  std::string text = fmt::format("{} value{}, {} missing", FormatCount(summary.values),
                                 summary.values == 1 ? "" : "s", FormatCount(summary.missing));
  if (summary.values == 0) {
    return text;
  }
  text += fmt::format("; {} to {}; {}; {}", SeriesValueText(summary.lowest, series.unit),
                      SeriesValueText(summary.highest, series.unit),
                      QuantileText("median", *summary.p50, series.unit),
                      QuantileText("p95", *summary.p95, series.unit));
  if (summary.lag1) {
    text += fmt::format("; lag-1 autocorrelation {:.2f}, worth {}{:.0f} independent values",
                        *summary.lag1, summary.effective.bounded ? "at most " : "",
                        summary.effective.size);
  }
  return text;
}

Json QuantileJson(const analysis::DependentQuantile& quantile) {
  Json json = {{"value", quantile.value}};
  PutKnown(json, "low", quantile.interval ? std::optional(quantile.interval->low) : std::nullopt,
           kFewValues);
  PutKnown(json, "high", quantile.interval ? std::optional(quantile.interval->high) : std::nullopt,
           kFewValues);
  json["effective_size"] = quantile.effective_size;
  return json;
}

Json SummaryJson(const Series& series, const analysis::SeriesSummary& summary) {
  Json json = {{"name", series.name},
               {"unit", series.unit},
               {"values", summary.values},
               {"missing", summary.missing}};
  if (summary.values > 0) {
    json["lowest"] = summary.lowest;
    json["highest"] = summary.highest;
    json["p50"] = QuantileJson(*summary.p50);
    json["p95"] = QuantileJson(*summary.p95);
    PutKnown(json, "lag1_autocorrelation", summary.lag1, "all values are equal");
    json["effective_size"] = summary.effective.size;
  }
  PutWarnings(json, summary.warnings);
  return json;
}

}  // namespace

std::string RenderSeriesSummary(const SeriesTable& table,
                                std::span<const analysis::SeriesSummary> summaries,
                                const TextOptions& given) {
  WEIR_CHECK(summaries.size() == table.series.size());
  const TextOptions options = Checked(given);
  std::string text;
  for (std::size_t i = 0; i < summaries.size(); ++i) {
    SeriesPlot plot = PlotOf(table, table.series[i]);
    plot.height = summaries.size() > 3 ? 4 : 8;
    text += RenderPlot(plot, options);
    text += Wrapped(SummaryText(table.series[i], summaries[i]), 2, options);
    text += WarningLines(summaries[i].warnings, options);
  }
  return text + WarningLines(table.warnings, options);
}

std::string SeriesSummaryJson(const SeriesTable& table,
                              std::span<const analysis::SeriesSummary> summaries) {
  WEIR_CHECK(summaries.size() == table.series.size());
  Json json = AnalysisHead(table.source, "describe");
  Json series = Json::array();
  for (std::size_t i = 0; i < summaries.size(); ++i) {
    series.push_back(SummaryJson(table.series[i], summaries[i]));
  }
  json["series"] = std::move(series);
  PutWarnings(json, table.warnings);
  return AnalysisLine(json);
}

}  // namespace weir::reports
