#include "reports/usl_report.h"

#include <algorithm>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/internal/analysis_json.h"
#include "reports/internal/analysis_text.h"
#include "reports/internal/text_layout.h"
#include "reports/series_plot.h"

namespace weir::reports {
namespace {

using analysis::LoadPoint;
using analysis::UslEstimate;
using analysis::UslFit;
using analysis::UslPeak;

constexpr std::size_t kCurvePoints = 60;
constexpr std::size_t kExplainedMax = 100;
constexpr std::string_view kNotIdentified = "the data do not identify it";

std::string_view PeakName(UslPeak peak) {
  switch (peak) {
    case UslPeak::kMeasured:
      return "measured";
    case UslPeak::kExtrapolated:
      return "extrapolated";
    case UslPeak::kNotIdentified:
      break;
  }
  return "not_identified";
}

std::string CurvePlot(const SeriesTable& table, std::span<const LoadPoint> points,
                      const UslFit& fit, const TextOptions& options) {
  std::vector<LoadPoint> sorted(points.begin(), points.end());
  double load_max = 0;
  for (const LoadPoint& point : points) {
    load_max = std::max(load_max, point.load);
  }
  for (std::size_t i = 1; i <= kCurvePoints; ++i) {
    sorted.push_back({.load = load_max * static_cast<double>(i) / kCurvePoints,
                      .throughput = std::numeric_limits<double>::quiet_NaN()});
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const LoadPoint& a, const LoadPoint& b) { return a.load < b.load; });
  std::vector<double> x;
  std::vector<double> values;
  std::vector<double> line;
  for (const LoadPoint& point : sorted) {
    x.push_back(point.load);
    values.push_back(point.throughput);
    line.push_back(fit.At(point.load));
  }
  SeriesPlot plot;
  plot.title = fmt::format("{}: throughput by load", Clean(table.source));
  plot.values = values;
  plot.x = x;
  plot.line = line;
  plot.join = SeriesPlot::Join::kPoints;
  plot.x_first = fmt::format("{:g}", x.front());
  plot.x_last = fmt::format("{:g}", x.back());
  return RenderPlot(plot, options);
}

std::string EndText(const std::optional<double>& end) {
  return end ? fmt::format("{:.4g}", *end) : "unknown";
}

void AddRow(TextTable& table, std::string name, const std::optional<UslEstimate>& estimate) {
  if (estimate) {
    table.AddRow({{.text = std::move(name)},
                  {.text = fmt::format("{:.4g}", estimate->value)},
                  {.text = EndText(estimate->low)},
                  {.text = EndText(estimate->high)}});
  } else {
    table.AddRow({{.text = std::move(name)}, {.text = "unknown"}, {.text = ""}, {.text = ""}});
  }
}

Json EstimateJson(const std::optional<UslEstimate>& estimate) {
  Json json = Json::object();
  PutKnown(json, "value", estimate ? std::optional(estimate->value) : std::nullopt, kNotIdentified);
  PutKnown(json, "low", estimate ? estimate->low : std::nullopt, kNotIdentified);
  PutKnown(json, "high", estimate ? estimate->high : std::nullopt, kNotIdentified);
  return json;
}

std::string PeakReason(const UslFit& fit) {
  switch (fit.peak) {
    case UslPeak::kMeasured:
      return "The peak lies between measured loads, and its interval has both ends.";
    case UslPeak::kExtrapolated:
      return "The peak lies beyond the largest measured load: it is what the curve goes on to.";
    case UslPeak::kNotIdentified:
      break;
  }
  return "No peak is named: more than one in forty fits to simulated repetitions has none.";
}

}  // namespace

std::string ExplainUsl(std::span<const LoadPoint> points, const UslFit& fit,
                       const TextOptions& given) {
  const TextOptions options = Checked(given);
  TextTable rows({{.title = "load"}, {.title = "measured"}, {.title = "curve"}, {.title = "off"}});
  for (const LoadPoint& point : points.first(std::min(points.size(), kExplainedMax))) {
    const double curve = fit.At(point.load);
    rows.AddRow({{.text = fmt::format("{:.4g}", point.load)},
                 {.text = fmt::format("{:.4g}", point.throughput)},
                 {.text = fmt::format("{:.4g}", curve)},
                 {.text = FormatChange(point.throughput / curve - 1)}});
  }
  std::string text = rows.Render(2, options);
  if (points.size() > kExplainedMax) {
    text += Wrapped(fmt::format("... and {} more", points.size() - kExplainedMax), 2, options);
  }
  return text + Wrapped(PeakReason(fit), 2, options);
}

std::string RenderUsl(const SeriesTable& table, std::span<const LoadPoint> points,
                      const UslFit& fit, const TextOptions& given) {
  const TextOptions options = Checked(given);
  std::string text = CurvePlot(table, points, fit, options);
  TextTable rows({{.title = "", .align = Align::kLeft},
                  {.title = "value"},
                  {.title = "95 % low"},
                  {.title = "95 % high"}});
  AddRow(rows, "throughput of one (lambda)", fit.rate);
  AddRow(rows, "contention (sigma)", fit.contention);
  AddRow(rows, "coherency (kappa)", fit.coherency);
  AddRow(rows, "knee load", fit.knee_load);
  AddRow(rows, "peak load", fit.peak_load);
  AddRow(rows, fit.peak_load ? "peak throughput" : "throughput ceiling", fit.peak_throughput);
  text += rows.Render(2, options);
  text += Wrapped(
      fmt::format("the curve misses the points by {:.1f} % (root mean square)", 100 * fit.residual),
      2, options);
  return text + WarningLines(fit.warnings, options) + WarningLines(table.warnings, options);
}

std::string UslJson(const SeriesTable& table, const UslFit& fit) {
  Json json = AnalysisHead(table.source, "usl");
  json["lambda"] = EstimateJson(fit.rate);
  json["sigma"] = EstimateJson(fit.contention);
  json["kappa"] = EstimateJson(fit.coherency);
  json["knee_load"] = EstimateJson(fit.knee_load);
  json["peak_load"] = EstimateJson(fit.peak_load);
  json["peak_throughput"] = EstimateJson(fit.peak_throughput);
  json["peak"] = PeakName(fit.peak);
  json["residual_ratio"] = fit.residual;
  std::vector<std::string> warnings = table.warnings;
  warnings.insert(warnings.end(), fit.warnings.begin(), fit.warnings.end());
  PutWarnings(json, warnings);
  return AnalysisLine(json);
}

}  // namespace weir::reports
