#include "reports/compare.h"

#include <fmt/format.h>

#include "reports/internal/json.h"
#include "reports/internal/number_text.h"
#include "reports/internal/text_layout.h"

namespace weir::reports {
namespace {

constexpr int kIndent = 2;

void PutInterval(Json& json, std::string_view key, const std::optional<Interval>& interval,
                 std::string_view reason) {
  if (interval) {
    json[std::string(key)] = {interval->low, interval->high};
  } else {
    PutUnknown(json, key, reason);
  }
}

Json MetricToJson(const analysis::ComparedMetric& metric) {
  const std::string_view unknown =
      metric.note.empty() ? "not known" : std::string_view(metric.note);
  Json json = {{"metric", metric.metric}, {"step", metric.step}, {"unit", metric.unit}};
  PutKnown(json, "a", metric.a, unknown);
  PutKnown(json, "b", metric.b, unknown);
  PutKnown(json, "change", metric.change, unknown);
  PutInterval(json, "interval", metric.interval, unknown);
  PutKnown(json, "p_value", metric.p_value, unknown);
  PutKnown(json, "p_adjusted", metric.p_adjusted, unknown);
  constexpr std::string_view kOnlySingle = "given only for one run a side";
  PutInterval(json, "within_a", metric.within_a, kOnlySingle);
  PutInterval(json, "within_b", metric.within_b, kOnlySingle);
  json["note"] = metric.note;
  return json;
}

std::string MetricOf(const analysis::ComparedMetric& metric) {
  const std::string step = metric.step.empty() ? std::string() : Clean(metric.step) + ": ";
  return step + MetricInWords(metric.metric);
}

std::string EvidenceInWords(const analysis::ComparedMetric& metric) {
  const std::optional<double> p = metric.p_adjusted ? metric.p_adjusted : metric.p_value;
  if (!p) {
    return "n/a";
  }
  return *p < 0.001 ? "p < 0.001" : fmt::format("p = {:.3f}", *p);
}

}  // namespace

std::string CompareJson(const CompareSides& sides, const analysis::Comparison& comparison) {
  Json metrics = Json::array();
  for (const analysis::ComparedMetric& metric : comparison.metrics) {
    metrics.push_back(MetricToJson(metric));
  }
  const Json json = {{"schema", "weir.compare/1"},
                     {"a", sides.a},
                     {"b", sides.b},
                     {"a_runs", sides.a_runs},
                     {"b_runs", sides.b_runs},
                     {"design", comparison.design},
                     {"summary", comparison.summary},
                     {"warnings", comparison.warnings},
                     {"metrics", std::move(metrics)}};
  return JsonText(json, JsonLayout::kPretty);
}

std::string RenderCompareText(const CompareSides& sides, const analysis::Comparison& comparison,
                              const TextOptions& given) {
  const TextOptions options = Checked(given);
  const std::string head =
      fmt::format("{} ({}) to {} ({}), design {}", Clean(sides.a), RunsInWords(sides.a_runs.size()),
                  Clean(sides.b), RunsInWords(sides.b_runs.size()), Clean(comparison.design));
  std::string out =
      Painted(CutToWidth(head, options.width, options.charset), Style::kTitle, options) + "\n" +
      Wrapped(Clean(comparison.summary, 2000), kIndent, options);
  TextTable table({{"metric", Align::kLeft, 14},
                   {"before"},
                   {"after"},
                   {"change"},
                   {"interval"},
                   {"evidence"}});
  for (const analysis::ComparedMetric& metric : comparison.metrics) {
    table.AddRow({{MetricOf(metric)},
                  {ValueInWords(metric.a, metric.unit, options.charset)},
                  {ValueInWords(metric.b, metric.unit, options.charset)},
                  {ChangeInWords(metric.change, metric.unit)},
                  {IntervalInWords(metric.interval, metric.unit, options.charset)},
                  {EvidenceInWords(metric)}});
  }
  if (!comparison.metrics.empty()) {
    out += "\n" + table.Render(kIndent, options);
  }
  std::string notes;
  for (const analysis::ComparedMetric& metric : comparison.metrics) {
    if (!metric.note.empty()) {
      notes += Wrapped(MetricOf(metric) + ": " + Clean(metric.note, 2000), kIndent, options);
    }
  }
  out += notes.empty() ? notes : "\n" + notes;
  for (const std::string& warning : comparison.warnings) {
    out += "\n" + Painted(Wrapped("Warning: " + Clean(warning, 2000), kIndent, options),
                          Style::kDoubtful, options);
  }
  return out;
}

}  // namespace weir::reports
