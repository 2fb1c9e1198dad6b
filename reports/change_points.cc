#include "reports/change_points.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "reports/internal/analysis_json.h"
#include "reports/internal/analysis_text.h"
#include "reports/internal/change_point_parts.h"
#include "reports/internal/text_layout.h"
#include "reports/series_plot.h"

namespace weir::reports {
namespace {

using analysis::ChangePoint;
using analysis::ChangePoints;
using analysis::HistoryNoise;

/// The builds of the rows [low, high], each once, in order.
std::vector<std::string> SuspectsOf(const SeriesTable& table, const ChangePoint& point) {
  std::vector<std::string> suspects;
  if (table.labels.empty()) {
    return suspects;
  }
  const std::vector<std::string>& builds = table.labels.front().values;
  for (std::size_t row = point.low; row <= point.high; ++row) {
    if (!builds[row].empty() &&
        std::find(suspects.begin(), suspects.end(), builds[row]) == suspects.end()) {
      suspects.push_back(builds[row]);
    }
  }
  return suspects;
}

std::string NoiseText(const Series& series, const HistoryNoise& noise) {
  if (noise.scale == 0) {
    return "All runs have the same value.";
  }
  std::string text = noise.logarithmic ? fmt::format("Runs vary by {:.2g} % around their level",
                                                     100 * std::expm1(noise.scale))
                                       : fmt::format("Runs vary by {} around their level",
                                                     SeriesValueText(noise.scale, series.unit));
  if (noise.memory > 0) {
    text += fmt::format("; neighbours are correlated by {:.2f}", noise.memory);
  }
  if (noise.drifts) {
    text += "; the level drifts slowly by itself, which is not a change point";
  }
  if (noise.own_shape) {
    text +=
        "; they are far from a normal distribution (two speeds, or one long side), which is "
        "allowed for";
  }
  if (noise.period) {
    text += fmt::format("; a season of {} runs was taken out", *noise.period);
  }
  return text + ".";
}

std::string PointText(const SeriesTable& table, const Series& series, const ChangePoint& point) {
  std::string text = fmt::format("{}: from {} to {}", RowName(table, point.index),
                                 SeriesValueText(point.before, series.unit),
                                 SeriesValueText(point.after, series.unit));
  if (point.change_ratio_interval) {
    text += fmt::format("; the step itself {} ({} to {})", FormatChange(*point.change_ratio),
                        FormatChange(point.change_ratio_interval->low),
                        FormatChange(point.change_ratio_interval->high));
  }
  text += fmt::format(". Odds that it is one are {:.3g} to 1 ",
                      point.confidence / std::max(1 - point.confidence, 1e-12));
  text += point.low == point.high
              ? fmt::format("; no other run than #{} could have begun it", point.index)
              : fmt::format("; it began with one of the runs #{} to #{}", point.low, point.high);
  if (point.went_away) {
    text += "; the next change point undoes it";
  }
  return text + ".";
}

/// Medians of the segments, for the plot.
std::vector<double> SegmentLevels(const Series& series, const ChangePoints& result) {
  std::vector<double> levels(series.values.size(), std::numeric_limits<double>::quiet_NaN());
  std::size_t from = 0;
  for (std::size_t i = 0; i < result.points.size(); ++i) {
    const ChangePoint& point = result.points[i];
    std::fill(levels.begin() + static_cast<std::ptrdiff_t>(from),
              levels.begin() + static_cast<std::ptrdiff_t>(point.index), point.before);
    from = point.index;
  }
  if (!result.points.empty()) {
    std::fill(levels.begin() + static_cast<std::ptrdiff_t>(from), levels.end(),
              result.points.back().after);
  }
  return levels;
}

std::string TableText(const SeriesTable& table, const Series& series, const ChangePoints& result,
                      const TextOptions& options) {
  TextTable text({{"run"},
                  {"first of the new segment", Align::kLeft, 12},
                  {"change"},
                  {"before"},
                  {"after"},
                  {"confidence"},
                  {"among runs"},
                  {"", Align::kLeft, 8}});
  for (const ChangePoint& point : result.points) {
    text.AddRow({{fmt::format("#{}", point.index)},
                 {RowName(table, point.index)},
                 {ChangeText(point, series.unit)},
                 {SeriesValueText(point.before, series.unit)},
                 {SeriesValueText(point.after, series.unit)},
                 {ConfidenceText(point.confidence)},
                 {point.low == point.high ? fmt::format("#{}", point.low)
                                          : fmt::format("#{} to #{}", point.low, point.high)},
                 {point.went_away ? "went away" : "", Style::kFaint}});
  }
  return text.Render(2, options);
}

Json PointJson(const SeriesTable& table, const ChangePoint& point) {
  Json json = {{"index", point.index}, {"low", point.low}, {"high", point.high}};
  PutStep(json, point);
  if (!table.labels.empty()) {
    json["build"] = table.labels.front().values[point.index];
    json["suspects"] = SuspectsOf(table, point);
  }
  return json;
}

Json PointsJson(const SeriesTable& table, const Series& series, const ChangePoints& result,
                Explanation explanation) {
  Json points = Json::array();
  for (const ChangePoint& point : result.points) {
    points.push_back(PointJson(table, point));
    if (explanation == Explanation::kOn) {
      points.back()["explanation"] = PointText(table, series, point);
    }
  }
  return points;
}

Json NoiseJson(const HistoryNoise& noise) {
  Json json = {{"logarithmic", noise.logarithmic},
               {"scale", noise.scale},
               {"memory", noise.memory},
               {"drifts", noise.drifts},
               {"own_shape", noise.own_shape}};
  if (noise.period) {
    json["period"] = *noise.period;
  } else {
    PutUnknown(json, "period", "no season was found");
  }
  return json;
}

}  // namespace

std::string RenderChangePoints(const SeriesTable& table, std::span<const ChangePoints> results,
                               Explanation explanation, const TextOptions& given) {
  WEIR_CHECK(results.size() == table.series.size());
  const TextOptions options = Checked(given);
  std::string text;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Series& series = table.series[i];
    const ChangePoints& result = results[i];
    const std::vector<double> levels = SegmentLevels(series, result);
    SeriesPlot plot = PlotOf(table, series);
    plot.height = results.size() > 3 ? 4 : 8;
    plot.line = levels;
    for (const ChangePoint& point : result.points) {
      plot.marks.push_back({.index = point.index, .label = ChangeText(point, series.unit)});
    }
    text += RenderPlot(plot, options);
    text +=
        result.points.empty() ? "  No change point.\n" : TableText(table, series, result, options);
    if (explanation == Explanation::kOn) {
      text += Wrapped(NoiseText(series, result.noise), 2, options);
      for (const ChangePoint& point : result.points) {
        text += Wrapped(PointText(table, series, point), 2, options);
      }
    }
    text += WarningLines(result.warnings, options);
  }
  return text + WarningLines(table.warnings, options);
}

std::string ChangePointsJson(const SeriesTable& table, std::span<const ChangePoints> results,
                             Explanation explanation) {
  WEIR_CHECK(results.size() == table.series.size());
  Json json = AnalysisHead(table.source, "changepoints");
  Json all = Json::array();
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Series& series = table.series[i];
    Json one = {{"name", series.name}, {"unit", series.unit}};
    one["changepoints"] = PointsJson(table, series, results[i], explanation);
    one["noise"] = NoiseJson(results[i].noise);
    PutWarnings(one, results[i].warnings);
    all.push_back(std::move(one));
  }
  json["changepoints"] = all.empty() ? Json::array() : all.front()["changepoints"];
  json["series"] = std::move(all);
  PutWarnings(json, table.warnings);
  return AnalysisLine(json);
}

}  // namespace weir::reports
