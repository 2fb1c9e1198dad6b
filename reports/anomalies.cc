#include "reports/anomalies.h"

#include <limits>
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

using analysis::AnomalyCause;
using analysis::AnomalyPoint;
using analysis::AnomalyReport;
using analysis::AnomalyState;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kMarksMax = 99;  // More would not be told apart in a plot.
constexpr std::string_view kNoBand = "what was seen has no band of values";

const Series& LeadOf(const SeriesTable& table, const AnomalyReport& report, std::size_t row) {
  return table.series[report.lead[row]];
}

std::string ExpectedText(const AnomalyPoint& point, std::string_view unit) {
  return point.expected ? SeriesIntervalText(*point.expected, unit) : "n/a";
}

std::string_view Meaning(AnomalyCause cause) {
  switch (cause) {
    case AnomalyCause::kJump:
      return "it is further from the level of the last 100 or so values than any value before";
    case AnomalyCause::kLevel:
      return "it is further from the level of the last 500 or so values than any value before";
    case AnomalyCause::kDrift:
      return "the mean of the last 24 or so values is further from the usual level than ever "
             "before";
    case AnomalyCause::kSpread:
      return "the steps between the last 24 or so values differ in size from all before";
    case AnomalyCause::kTimeOfDay:
      return "it is unlike what other days, or cycles, have at this time";
    case AnomalyCause::kTimeOfWeek:
      return "it is unlike what other weeks have at this time";
    case AnomalyCause::kStuck:
      return "the same value has come again and again, for longer than ever before";
    case AnomalyCause::kSilence:
      return "no value has come for longer than ever before";
    case AnomalyCause::kNone:
      break;
  }
  return "nothing stands out";
}

std::string PlotOfMetric(const SeriesTable& table, const AnomalyReport& report, std::size_t metric,
                         const TextOptions& options) {
  SeriesPlot plot = PlotOf(table, table.series[metric]);
  plot.height = table.series.size() > 2 ? 5 : 10;
  for (std::size_t i = 0; i < report.alerts.size() && i < kMarksMax; ++i) {
    if (report.lead[report.alerts[i]] == metric) {
      plot.marks.push_back({.index = report.alerts[i], .label = fmt::format("{}", i + 1)});
    }
  }
  // The band of a metric is known where that metric leads; with one metric that is everywhere.
  std::vector<double> low(report.points.size(), kNan);
  std::vector<double> high(report.points.size(), kNan);
  if (table.series.size() == 1) {
    for (std::size_t row = 0; row < report.points.size(); ++row) {
      if (report.points[row].expected) {
        low[row] = report.points[row].expected->low;
        high[row] = report.points[row].expected->high;
      }
    }
    plot.low = low;
    plot.high = high;
  }
  return RenderPlot(plot, options);
}

std::string AlertTable(const SeriesTable& table, const AnomalyReport& report,
                       const TextOptions& options) {
  const bool several = table.series.size() > 1;
  std::vector<TextColumn> columns = {{.title = "alert"}, {.title = "row"}};
  columns.push_back({.title = "at", .align = Align::kLeft, .width_min = 12});
  if (several) {
    columns.push_back({.title = "metric", .align = Align::kLeft, .width_min = 8});
  }
  columns.push_back({.title = "value"});
  columns.push_back({.title = "expected", .align = Align::kLeft});
  columns.push_back({.title = "what", .align = Align::kLeft});
  columns.push_back({.title = "score"});
  columns.push_back({.title = "at most once in"});
  TextTable text(columns);
  for (std::size_t i = 0; i < report.alerts.size(); ++i) {
    const std::size_t row = report.alerts[i];
    const AnomalyPoint& point = report.points[row];
    const Series& lead = LeadOf(table, report, row);
    std::vector<Cell> cells = {
        {fmt::format("{}", i + 1)}, {fmt::format("{}", row)}, {RowName(table, row)}};
    if (several) {
      cells.push_back({Clean(lead.name)});
    }
    cells.push_back({SeriesValueText(lead.values[row], lead.unit), Style::kBad});
    cells.push_back({ExpectedText(point, lead.unit)});
    cells.push_back({std::string(analysis::AnomalyCauseName(point.cause))});
    cells.push_back({fmt::format("{:.3f}", point.score)});
    cells.push_back({fmt::format("{:.0f}", 1 / point.tail_probability)});
    text.AddRow(std::move(cells));
  }
  return text.Render(2, options);
}

std::string Explained(const SeriesTable& table, const AnomalyReport& report, std::size_t number) {
  const std::size_t row = report.alerts[number];
  const AnomalyPoint& point = report.points[row];
  const Series& lead = LeadOf(table, report, row);
  std::string text =
      fmt::format("alert {}: {} at row {}: {}. ", number + 1,
                  SeriesValueText(lead.values[row], lead.unit), row, Meaning(point.cause));
  const bool outside = point.expected && (lead.values[row] < point.expected->low ||
                                          lead.values[row] > point.expected->high);
  if (outside) {
    text += fmt::format("{} would not have been strange. ", ExpectedText(point, lead.unit));
  }
  return text + fmt::format("Of the values before, at most one in {:.0f} was as strange.",
                            1 / point.tail_probability);
}

std::string Summary(const AnomalyReport& report) {
  const std::string judged = fmt::format("{} rows judged, the first {} only taught what is usual",
                                         FormatCount(report.points.size() - report.warm_up_rows),
                                         FormatCount(report.warm_up_rows));
  if (report.alerts.empty()) {
    return fmt::format("no alerts; {}", judged);
  }
  return fmt::format("{} alert{}; {}", FormatCount(report.alerts.size()),
                     report.alerts.size() == 1 ? "" : "s", judged);
}

Json IncidentJson(const SeriesTable& table, const AnomalyReport& report, std::size_t row) {
  const AnomalyPoint& point = report.points[row];
  const Series& lead = LeadOf(table, report, row);
  Json json = {{"row", row},
               {"metric", lead.name},
               {"cause", analysis::AnomalyCauseName(point.cause)},
               {"score", point.score},
               {"tail_probability", point.tail_probability}};
  PutKnown(json, "value", lead.values[row], "there is no value");
  PutKnown(json, "expected_low", point.expected ? std::optional(point.expected->low) : std::nullopt,
           kNoBand);
  PutKnown(json, "expected_high",
           point.expected ? std::optional(point.expected->high) : std::nullopt, kNoBand);
  return json;
}

// One number per row; NaN, which becomes null, where there is none.
template <typename Read>
Json PerRow(const AnomalyReport& report, Read read) {
  std::vector<double> numbers;
  numbers.reserve(report.points.size());
  for (const AnomalyPoint& point : report.points) {
    numbers.push_back(read(point));
  }
  return NumberArray(numbers);
}

}  // namespace

std::string RenderAnomalies(const SeriesTable& table, const AnomalyReport& report,
                            AnomalyDetail detail, const TextOptions& asked) {
  WEIR_CHECK(report.points.size() == table.rows());
  const TextOptions options = Checked(asked);
  std::string text;
  for (std::size_t metric = 0; metric < table.series.size(); ++metric) {
    text += PlotOfMetric(table, report, metric, options);
  }
  text += Wrapped(Summary(report), 2, options);
  if (!report.alerts.empty()) {
    text += AlertTable(table, report, options);
  }
  for (std::size_t i = 0; detail == AnomalyDetail::kExplained && i < report.alerts.size(); ++i) {
    text += Wrapped(Explained(table, report, i), 2, options);
  }
  return text + WarningLines(report.warnings, options) + WarningLines(table.warnings, options);
}

std::string AnomaliesJson(const SeriesTable& table, const AnomalyReport& report,
                          AnomalyDetail detail) {
  WEIR_CHECK(report.points.size() == table.rows());
  Json json = AnalysisHead(table.source, "anomalies");
  Json metrics = Json::array();
  for (const Series& series : table.series) {
    metrics.push_back(series.name);
  }
  json["metrics"] = std::move(metrics);
  json["threshold"] = 0.5;
  json["warm_up_rows"] = report.warm_up_rows;
  json["scores"] = PerRow(report, [](const AnomalyPoint& point) {
    const bool missing = point.state == AnomalyState::kMissing && point.score == 0;
    return missing ? kNan : point.score;
  });
  json["alerts"] = report.alerts;
  Json incidents = Json::array();
  for (const std::size_t row : report.alerts) {
    incidents.push_back(IncidentJson(table, report, row));
  }
  json["incidents"] = std::move(incidents);
  if (detail == AnomalyDetail::kExplained) {
    json["tail_probabilities"] =
        PerRow(report, [](const AnomalyPoint& point) { return point.tail_probability; });
    json["expected_low"] = PerRow(report, [](const AnomalyPoint& point) {
      return point.expected ? point.expected->low : kNan;
    });
    json["expected_high"] = PerRow(report, [](const AnomalyPoint& point) {
      return point.expected ? point.expected->high : kNan;
    });
  }
  std::vector<std::string> warnings = report.warnings;
  warnings.insert(warnings.end(), table.warnings.begin(), table.warnings.end());
  PutWarnings(json, warnings);
  return AnalysisLine(json);
}

}  // namespace weir::reports
