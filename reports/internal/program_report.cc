#include "reports/internal/program_report.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/internal/latency_summary.h"
#include "reports/internal/number_text.h"
#include "reports/internal/text_layout.h"

namespace weir::reports {
namespace {

constexpr int kIndent = 2;

std::string InWords(std::string_view name) {
  std::string words = Clean(name);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string Title(std::string_view text, const TextOptions& options) {
  return "\n" + Painted(text, Style::kTitle, options) + "\n";
}

const UnknownUsage* FindUnknown(const Run& run, UsageMetric metric) {
  const auto found =
      std::find_if(run.unknown_usage.begin(), run.unknown_usage.end(),
                   [metric](const UnknownUsage& unknown) { return unknown.metric == metric; });
  return found == run.unknown_usage.end() ? nullptr : &*found;
}

bool RanPrograms(const Run& run) {
  return !run.unknown_usage.empty() ||
         std::any_of(run.totals.begin(), run.totals.end(),
                     [](const StepRecord& record) { return !record.usage.empty(); });
}

// A line for each reason, with all the metrics that it stands for.
std::string RenderUnknown(const Run& run, const TextOptions& options) {
  std::vector<std::pair<std::string, std::string>> by_reason;
  for (const UnknownUsage& unknown : run.unknown_usage) {
    const std::string name = InWords(UsageMetricName(unknown.metric));
    const auto found =
        std::find_if(by_reason.begin(), by_reason.end(),
                     [&unknown](const auto& entry) { return entry.first == unknown.reason; });
    if (found == by_reason.end()) {
      by_reason.emplace_back(unknown.reason, name);
    } else {
      found->second += ", " + name;
    }
  }
  std::string out;
  for (const auto& [reason, names] : by_reason) {
    out += Wrapped(fmt::format("n/a: {}: {}.", names, Clean(reason, 2000)), kIndent, options);
  }
  return out;
}

double MedianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace

std::string RenderUsage(const Run& run, const StepRecord& total, const TextOptions& options) {
  if (!RanPrograms(run)) {
    return {};
  }
  TextTable table({{"", Align::kLeft}, {"mean"}, {"p50"}, {"p99"}, {"max"}, {"programs"}});
  for (const auto& [metric, values] : total.usage) {
    const LatencySummary summary = SummaryOf(total, metric);
    const auto cell = [&](const LatencyValue& value) {
      return Cell{ValueInWords(value.value_ns, UsageMetricUnit(metric), options.charset),
                  value.value_ns ? Style::kPlain : Style::kFaint};
    };
    table.AddRow({{InWords(UsageMetricName(metric))},
                  cell(summary.values[kColumnMean]),
                  cell(summary.values[kColumnP50]),
                  cell(summary.values[kColumnP99]),
                  cell(summary.values.back()),
                  {FormatCount(values.count())}});
  }
  return Title("what the programs used", options) +
         (total.usage.empty() ? std::string() : table.Render(kIndent, options)) +
         RenderUnknown(run, options);
}

std::string RenderMeasurements(const Run& run, const TextOptions& options) {
  if (run.measurements.empty()) {
    return {};
  }
  TextTable table({{"benchmark", Align::kLeft, 12},
                   {"", Align::kLeft},
                   {"median"},
                   {"min"},
                   {"max"},
                   {"repetitions"}});
  for (const Measurement& measurement : run.measurements) {
    const auto [low, high] =
        std::minmax_element(measurement.values.begin(), measurement.values.end());
    const auto cell = [&](double value) {
      return Cell{ValueInWords(value, measurement.unit, options.charset)};
    };
    table.AddRow({{Clean(run.plan.steps.at(measurement.step).step)},
                  {InWords(measurement.name)},
                  cell(MedianOf(measurement.values)),
                  cell(*low),
                  cell(*high),
                  {FormatCount(measurement.values.size())}});
  }
  return Title("measurements", options) + table.Render(kIndent, options);
}

void PutUsage(Json& json, const Run& run, const StepRecord& total) {
  if (!RanPrograms(run)) {
    return PutUnknown(json, "usage", "the run ran no programs");
  }
  Json usage = Json::object();
  for (std::size_t i = 0; i < kUsageMetricCount; ++i) {
    const auto metric = static_cast<UsageMetric>(i);
    const std::string_view unit = UsageMetricUnit(metric);
    std::string key(UsageMetricName(metric));
    key += unit == "count" ? "" : fmt::format("_{}", unit);
    const UnknownUsage* unknown = FindUnknown(run, metric);
    if (total.usage.count(metric) == 0) {
      PutUnknown(
          usage, key,
          unknown != nullptr ? std::string_view(unknown->reason) : "no program ended by itself");
      continue;
    }
    usage[key] = LatencyToJson(SummaryOf(total, metric));
    if (unknown != nullptr) {
      usage[key + "_reason"] = unknown->reason;
    }
  }
  json["usage"] = std::move(usage);
}

Json MeasurementsToJson(const Run& run) {
  Json all = Json::array();
  for (const Measurement& measurement : run.measurements) {
    all.push_back({{"step", run.plan.steps.at(measurement.step).step},
                   {"name", measurement.name},
                   {"unit", measurement.unit},
                   {"values", measurement.values}});
  }
  return all;
}

}  // namespace weir::reports
