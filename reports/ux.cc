#include "reports/ux.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "reports/internal/analysis_json.h"
#include "reports/internal/analysis_text.h"
#include "reports/internal/text_layout.h"
#include "reports/series_plot.h"

namespace weir::reports {
namespace {

using analysis::DoseResponse;
using analysis::LaggedCorrelation;
using analysis::UxPair;

constexpr std::string_view kNotCause =
    "Correlation, not cause: both may follow something that is not in the file.";

std::string UnitOf(const SeriesTable& table, const std::string& name) {
  const Series* series = table.Find(name);
  return series == nullptr ? std::string() : series->unit;
}

std::string LagText(const LaggedCorrelation& found) {
  return found.lag_low == found.lag_high
             ? fmt::format("{}", found.lag)
             : fmt::format("{} ({} to {})", found.lag, found.lag_low, found.lag_high);
}

std::string PText(double p) {
  return p < 1e-4 ? "<0.0001" : fmt::format("{:.4f}", p);
}

TextTable PairTable(const UxGroup& group) {
  TextTable table({{"latency", Align::kLeft, 8},
                   {"outcome", Align::kLeft, 8},
                   {"moves"},
                   {"lag (rows)"},
                   {"rho"},
                   {"95 %"},
                   {"worth"},
                   {"p adjusted"}});
  for (const UxPair& pair : group.pairs) {
    if (!pair.correlation.found) {
      table.AddRow({{Clean(pair.driver)},
                    {Clean(pair.outcome)},
                    {"n/a", Style::kFaint},
                    {""},
                    {""},
                    {""},
                    {""},
                    {""}});
      continue;
    }
    const LaggedCorrelation& found = *pair.correlation.found;
    const std::string moves = !pair.associated ? "-" : found.correlation < 0 ? "falls" : "rises";
    table.AddRow({{Clean(pair.driver)},
                  {Clean(pair.outcome)},
                  {moves, pair.associated ? Style::kDoubtful : Style::kFaint},
                  {LagText(found)},
                  {fmt::format("{:+.2f}", found.correlation)},
                  {fmt::format("{:+.2f} to {:+.2f}", found.interval.low, found.interval.high)},
                  {fmt::format("{:.0f}", found.effective_size)},
                  {PText(pair.p_adjusted)}});
  }
  return table;
}

std::string ThresholdText(const UxGroup& group, const UxPair& pair) {
  const DoseResponse& dose = *pair.dose_response;
  const std::string unit = UnitOf(group.table, pair.driver);
  const char* direction = pair.correlation.found->correlation < 0 ? "fall" : "rise";
  if (!dose.threshold) {
    return fmt::format("{}: {}", Clean(pair.outcome), dose.threshold_reason);
  }
  return fmt::format("{} starts to {} at {} = {} ({})", Clean(pair.outcome), direction,
                     Clean(pair.driver), SeriesValueText(*dose.threshold, unit),
                     SeriesIntervalText(*dose.threshold_interval, unit));
}

std::string DoseText(const UxGroup& group, const UxPair& pair, const TextOptions& options) {
  const DoseResponse& dose = *pair.dose_response;
  SeriesPlot plot;
  plot.title = fmt::format("{} by {}, {} rows earlier", pair.outcome, pair.driver,
                           pair.correlation.found->lag);
  plot.unit = UnitOf(group.table, pair.outcome);
  plot.values = dose.response;
  plot.x = dose.dose;
  plot.low = dose.low;
  plot.high = dose.high;
  plot.height = 7;
  const std::string unit = UnitOf(group.table, pair.driver);
  plot.x_first = SeriesValueText(dose.dose.front(), unit);
  plot.x_last = SeriesValueText(dose.dose.back(), unit);
  if (dose.threshold) {
    std::size_t index = 0;
    while (index + 1 < dose.dose.size() && dose.dose[index] < *dose.threshold) {
      ++index;
    }
    plot.marks.push_back({.index = index, .label = ""});
  }
  return RenderPlot(plot, options) + Wrapped(ThresholdText(group, pair), 2, options);
}

std::string VitalsText(const UxGroup& group, const TextOptions& options) {
  std::string text;
  for (const RatedVital& rated : group.vitals) {
    const std::string unit(rated.vital->unit);
    const std::string value =
        !rated.result.p75 ? "no values"
        : rated.result.interval
            ? fmt::format("p75 {} ({})", SeriesValueText(*rated.result.p75, unit),
                          SeriesIntervalText(*rated.result.interval, unit))
            : fmt::format("p75 {} (too few values for an interval)",
                          SeriesValueText(*rated.result.p75, unit));
    text += Wrapped(fmt::format("{}: {}, {}{}; good up to {}, poor above {}", Clean(rated.column),
                                value, WebVitalRatingName(rated.result.rating),
                                rated.result.certain ? "" : " (not certain)",
                                SeriesValueText(rated.vital->good_max, unit),
                                SeriesValueText(rated.vital->poor_min, unit)),
                    2, options);
  }
  return text;
}

std::vector<std::string> WarningsOf(const UxGroup& group) {
  std::vector<std::string> warnings = group.table.warnings;
  for (const UxPair& pair : group.pairs) {
    const std::string subject = fmt::format("{} and {}: ", pair.driver, pair.outcome);
    if (!pair.correlation.found) {
      warnings.push_back(subject + pair.correlation.reason);
      continue;
    }
    if (!pair.associated) {
      continue;
    }
    for (const std::string& warning : pair.correlation.warnings) {
      warnings.push_back(subject + warning);
    }
    if (pair.correlation.found->lag < 0) {
      warnings.push_back(subject +
                         "the outcome moves first; it may be the load that moves the latency");
    }
  }
  return warnings;
}

Json DoseJson(const DoseResponse& dose) {
  Json json = {{"pairs", dose.pairs}};
  json["dose"] = NumberArray(dose.dose);
  json["response"] = NumberArray(dose.response);
  json["low"] = NumberArray(dose.low);
  json["high"] = NumberArray(dose.high);
  PutKnown(json, "threshold", dose.threshold, dose.threshold_reason);
  if (dose.threshold_interval) {
    json["threshold_low"] = dose.threshold_interval->low;
    json["threshold_high"] = dose.threshold_interval->high;
  }
  return json;
}

Json PairJson(const UxPair& pair) {
  Json json = {{"latency", pair.driver}, {"outcome", pair.outcome}};
  json["associated"] = pair.associated;
  if (!pair.correlation.found) {
    PutUnknown(json, "correlation", pair.correlation.reason);
    return json;
  }
  const LaggedCorrelation& found = *pair.correlation.found;
  json["lag_rows"] = found.lag;
  json["lag_low"] = found.lag_low;
  json["lag_high"] = found.lag_high;
  json["correlation"] = found.correlation;
  json["correlation_low"] = found.interval.low;
  json["correlation_high"] = found.interval.high;
  json["correlation_raw"] = found.raw;
  json["effective_size"] = found.effective_size;
  json["p_value"] = found.p_value;
  json["p_adjusted"] = pair.p_adjusted;
  json["correlation_by_lag"] = NumberArray(found.by_lag);
  if (pair.dose_response) {
    json["dose_response"] = DoseJson(*pair.dose_response);
  } else {
    PutUnknown(json, "dose_response",
               pair.associated ? "the outcome moves first, or the latency hardly varies"
                               : "no association was shown");
  }
  return json;
}

Json VitalJson(const RatedVital& rated) {
  Json json = {{"column", rated.column},
               {"name", rated.vital->name},
               {"unit", rated.vital->unit},
               {"samples", rated.result.samples}};
  PutKnown(json, "p75", rated.result.p75, "no values");
  const auto& interval = rated.result.interval;
  PutKnown(json, "low", interval ? std::optional(interval->low) : std::nullopt, "too few values");
  PutKnown(json, "high", interval ? std::optional(interval->high) : std::nullopt, "too few values");
  json["rating"] = WebVitalRatingName(rated.result.rating);
  json["certain"] = rated.result.certain;
  return json;
}

/// The lags beside the strongest one, because a lone peak convinces more than a broad hump.
std::string NeighbouringLags(const LaggedCorrelation& found) {
  constexpr int kReach = 2;
  const auto reach = static_cast<int>(found.by_lag.size() / 2);
  std::string text;
  for (int lag = std::max(found.lag - kReach, -reach); lag <= std::min(found.lag + kReach, reach);
       ++lag) {
    const auto& at = *(found.by_lag.begin() + reach + lag);
    text += fmt::format("{}{} rows {:+.2f}", text.empty() ? "" : ", ", lag, at);
  }
  return text;
}

std::string PairReasons(const UxPair& pair) {
  const std::string subject = fmt::format("{} and {}: ", Clean(pair.driver), Clean(pair.outcome));
  if (!pair.correlation.found) {
    return subject + "not judged, " + pair.correlation.reason + ".";
  }
  const LaggedCorrelation& found = *pair.correlation.found;
  return fmt::format(
      "{}{:+.2f} as the values are, {:+.2f} once season, trend and memory are out, worth {:.0f} "
      "independent pairs. By lag: {}. Chance of so strong a correlation at any of {} lags: {}; "
      "adjusted for all pairs: {}; {}.",
      subject, found.raw, found.correlation, found.effective_size, NeighbouringLags(found),
      found.by_lag.size(), PText(found.p_value), PText(pair.p_adjusted),
      pair.associated ? "called associated" : "not called");
}

}  // namespace

std::string ExplainUx(std::span<const UxGroup> groups, const TextOptions& given) {
  const TextOptions options = Checked(given);
  std::string text;
  for (const UxGroup& group : groups) {
    for (const UxPair& pair : group.pairs) {
      text += Wrapped(PairReasons(pair), 2, options);
    }
  }
  return text;
}

std::string RenderUx(const std::string& file, std::span<const UxGroup> groups,
                     const TextOptions& given) {
  const TextOptions options = Checked(given);
  std::string text;
  for (const UxGroup& group : groups) {
    const std::string title = fmt::format(
        "{}{}{}: {} row{}", Clean(file), group.name.empty() ? "" : ", ", Clean(group.name),
        FormatCount(group.table.rows()), group.table.rows() == 1 ? "" : "s");
    text += Painted(title, Style::kTitle, options) + "\n";
    text += PairTable(group).Render(2, options);
    bool any = false;
    for (const UxPair& pair : group.pairs) {
      any = any || pair.associated;
      text += pair.dose_response ? DoseText(group, pair, options) : std::string();
    }
    text += any ? std::string() : "  No outcome was shown to move with a latency.\n";
    text += VitalsText(group, options);
    text += WarningLines(WarningsOf(group), options);
  }
  return text + std::string(kNotCause) + "\n";
}

std::string UxJson(const std::string& file, std::span<const UxGroup> groups) {
  Json json = AnalysisHead(file, "ux");
  json["note"] = kNotCause;
  Json all = Json::array();
  for (const UxGroup& group : groups) {
    Json one = {{"name", group.name}, {"rows", group.table.rows()}};
    Json pairs = Json::array();
    for (const UxPair& pair : group.pairs) {
      pairs.push_back(PairJson(pair));
    }
    Json vitals = Json::array();
    for (const RatedVital& rated : group.vitals) {
      vitals.push_back(VitalJson(rated));
    }
    one["pairs"] = std::move(pairs);
    one["web_vitals"] = std::move(vitals);
    PutWarnings(one, WarningsOf(group));
    all.push_back(std::move(one));
  }
  json["groups"] = std::move(all);
  return AnalysisLine(json);
}

}  // namespace weir::reports
