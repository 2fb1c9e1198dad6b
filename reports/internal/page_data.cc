#include "reports/internal/page_data.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "reports/internal/history_changes.h"
#include "reports/internal/pairs_json.h"
#include "reports/internal/rows_json.h"
#include "reports/internal/run_page_json.h"
#include "reports/internal/seconds_json.h"
#include "reports/internal/spectrum.h"
#include "reports/internal/use_json.h"

namespace weir::reports {
namespace {

/// A scenario written by a program may be of any length; a page shows so many bytes of it.
constexpr std::size_t kScenarioTextMax = 65'536;

Json CurveToJson(const StepRecord& record, LatencyKind kind) {
  const LatencyView view = MergedLatency(record, kind);
  const Spectrum spectrum = SpectrumOf(view.histogram);
  Json bound_from = nullptr;
  if (const std::optional<std::uint64_t> cut_off_ns = ShortestCutOffNs(record, kind)) {
    const std::vector<std::uint64_t>& values = spectrum.values_ns;
    bound_from = std::lower_bound(values.begin(), values.end(), *cut_off_ns) - values.begin();
  }
  return {
      {"count", spectrum.count}, {"v", spectrum.values_ns}, {"bound_from", std::move(bound_from)}};
}

Json CurvesToJson(const StepRecord& record) {
  return {{"response", CurveToJson(record, LatencyKind::kResponse)},
          {"service", CurveToJson(record, LatencyKind::kService)}};
}

// The errors of each kind, as values for the same stretches of time as the seconds.
Json ErrorKindsToJson(const RunPage& page, const Json& seconds) {
  const std::size_t points = seconds["planned"].size();
  const std::uint32_t width = seconds["width_s"];
  Json kinds = Json::object();
  for (const auto& [error, values] : page.details.errors) {
    std::vector<std::uint64_t> counts(points);
    for (const SecondValue& each : values) {
      if (each.second / width < points) {
        counts[each.second / width] += each.value;
      }
    }
    kinds[std::string(RequestErrorName(error))] = std::move(counts);
  }
  return kinds;
}

Json SendLagToJson(const RunPage& page, const Json& seconds) {
  const std::size_t points = seconds["planned"].size();
  const std::uint32_t width = seconds["width_s"];
  std::vector<std::optional<std::uint64_t>> most(points);
  for (const SecondValue& each : page.details.send_lag_max_ns) {
    if (each.second / width < points) {
      std::optional<std::uint64_t>& value = most[each.second / width];
      value = std::max(value.value_or(0), each.value);
    }
  }
  Json json = Json::array();
  for (const std::optional<std::uint64_t>& value : most) {
    json.push_back(value ? Json(*value) : Json(nullptr));
  }
  return json;
}

Json StepLinesToJson(const StepLines& lines) {
  Json steps = Json::array();
  for (const auto& values : lines.p50_ns) {
    Json line = Json::array();
    for (const std::optional<std::uint64_t>& value : values) {
      line.push_back(value ? Json(*value) : Json(nullptr));
    }
    steps.push_back(std::move(line));
  }
  return {{"width_s", lines.width_s}, {"p50", std::move(steps)}};
}

Json RunPageToJson(const RunPage& page) {
  const StepRecord total = page.run.Total(Phase::kMeasure);
  Json json = RunToJson(page.run, total, StepParts::kNone);
  json["curves"] = CurvesToJson(total);
  json["scenario_text"] = page.run.plan.scenario_text.substr(0, kScenarioTextMax);
  Json seconds = SecondsToJson(page.seconds);
  seconds["kinds"] = ErrorKindsToJson(page, seconds);
  seconds["send_lag_max"] = SendLagToJson(page, seconds);
  json["seconds"] = std::move(seconds);
  json["step_lines"] = StepLinesToJson(page.details.step_lines);
  json["heatmap"] = HeatmapToJson(page.seconds);
  json["use"] = UseToJson(page.resources, page.target);
  return json;
}

using BuildKey = std::pair<std::string, std::string>;  // Scenario, build.

// Several runs as one: a sum of distributions, which is what "the build" did.
Json BuildToJson(const std::vector<const Run*>& runs) {
  Run merged;
  merged.plan.scenario = runs.front()->plan.scenario;
  merged.plan.build = runs.front()->plan.build;
  merged.plan.target = runs.front()->plan.target;
  merged.plan.load = runs.front()->plan.load;
  merged.plan.open_loop = runs.front()->plan.open_loop;
  merged.state = RunState::kComplete;
  merged.started_at = runs.front()->started_at;
  merged.totals.emplace_back();
  Json numbers = Json::array();
  for (const Run* run : runs) {
    merged.totals.front().Merge(run->Total(Phase::kMeasure));
    merged.duration += run->duration;
    merged.measured += run->measured;
    numbers.push_back(run->id);
  }
  Json json = RunToJson(merged, merged.totals.front(), StepParts::kNone);
  json["curves"] = CurvesToJson(merged.totals.front());
  json["runs"] = std::move(numbers);
  return json;
}

Json BuildsToJson(const std::vector<const RunPage*>& pages, std::span<const RunRow> rows) {
  std::map<BuildKey, std::size_t> in_all;
  for (const RunRow& row : rows) {
    ++in_all[{row.scenario, row.build}];
  }
  std::map<BuildKey, std::vector<const Run*>> by_build;
  for (const RunPage* page : pages) {
    if (!page->run.plan.build.empty()) {
      by_build[{page->run.plan.scenario, page->run.plan.build}].push_back(&page->run);
    }
  }
  Json builds = Json::array();
  for (const auto& [key, runs] : by_build) {
    if (runs.size() > 1) {
      builds.push_back(BuildToJson(runs));
      builds.back()["runs_in_all"] = in_all[key];
    }
  }
  return builds;
}

Json DeploysToJson(std::vector<DeployMark> deploys) {
  std::stable_sort(deploys.begin(), deploys.end(),
                   [](const DeployMark& a, const DeployMark& b) { return a.at < b.at; });
  Json json = Json::array();
  for (const DeployMark& deploy : deploys) {
    json.push_back({{"at", FormatWallTime(deploy.at)},
                    {"service", deploy.service},
                    {"build", deploy.build},
                    {"phase", deploy.phase}});
  }
  return json;
}

Json ForecastsToJson(const std::vector<RunForecast>& forecasts) {
  Json json = Json::array();
  for (const RunForecast& each : forecasts) {
    json.push_back({{"scenario", each.scenario},
                    {"metric", each.metric},
                    {"after", each.after},
                    {"mean", each.forecast.mean},
                    {"lo80", each.forecast.band80.low},
                    {"hi80", each.forecast.band80.high},
                    {"lo95", each.forecast.band95.low},
                    {"hi95", each.forecast.band95.high}});
  }
  return json;
}

Json VerdictsToJson(const ReportData& data) {
  Json verdicts = Json::array();
  for (std::size_t i = 0; i < data.verdicts.size(); ++i) {
    Json verdict = VerdictToJson(data.verdicts[i]);
    if (i < data.stamps.size()) {
      verdict["decided_at"] = FormatWallTime(data.stamps[i].decided_at);
      verdict["sha256"] = data.stamps[i].sha256;
    }
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

Json ChangesToJson(const ReportData& data) {
  Json json = HistoryChangesToJson(data.changes);
  for (std::size_t i = 0; i < data.triage.size() && i < json["changepoints"].size(); ++i) {
    if (const std::optional<TriageMark>& mark = data.triage[i]) {
      json["changepoints"][i]["triage"] = {{"state", mark->state},
                                           {"at", FormatWallTime(mark->at)},
                                           {"by", mark->by},
                                           {"why", mark->why}};
    }
  }
  return json;
}

}  // namespace

Json PageData(const ReportData& data, PageKind kind) {
  std::vector<RunRow> rows = data.rows;
  std::stable_sort(rows.begin(), rows.end(), [](const RunRow& a, const RunRow& b) {
    return std::pair(a.started_at, a.run) < std::pair(b.started_at, b.run);
  });
  std::vector<const RunPage*> pages;
  for (const RunPage& page : data.pages) {
    pages.push_back(&page);
  }
  std::stable_sort(pages.begin(), pages.end(), [](const RunPage* a, const RunPage* b) {
    return std::pair(a->run.started_at, a->run.id) < std::pair(b->run.started_at, b->run.id);
  });
  Json pages_json = Json::array();
  for (const RunPage* page : pages) {
    pages_json.push_back(RunPageToJson(*page));
  }
  return {{"schema", "weir.report/2"},
          {"title", data.title},
          {"generated_at", FormatWallTime(data.generated_at)},
          {"rows", RowsToJson(rows)},
          {"pages", std::move(pages_json)},
          {"builds", BuildsToJson(pages, rows)},
          {"pairs", PairsToJson(data.pairs)},
          {"deploys", DeploysToJson(data.deploys)},
          {"forecasts", ForecastsToJson(data.forecasts)},
          {"files", data.files},
          {"home", kind == PageKind::kReport ? "" : "../index.html"},
          {"changes", ChangesToJson(data)},
          {"verdicts", VerdictsToJson(data)}};
}

}  // namespace weir::reports
