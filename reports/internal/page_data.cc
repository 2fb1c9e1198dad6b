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
#include "reports/internal/rows_json.h"
#include "reports/internal/seconds_json.h"
#include "reports/internal/spectrum.h"
#include "reports/internal/use_json.h"

namespace weir::reports {
namespace {

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

Json RunPageToJson(const RunPage& page) {
  Json json = RunToJson(page.run);
  json["curves"] = CurvesToJson(page.run.Total(Phase::kMeasure));
  json["seconds"] = SecondsToJson(page.seconds);
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
  Json json = RunToJson(merged);
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
  Json verdicts = Json::array();
  for (const GateResult& verdict : data.verdicts) {
    verdicts.push_back(VerdictToJson(verdict));
  }
  return {{"schema", "weir.report/2"},
          {"title", data.title},
          {"generated_at", FormatWallTime(data.generated_at)},
          {"rows", RowsToJson(rows)},
          {"pages", std::move(pages_json)},
          {"builds", BuildsToJson(pages, rows)},
          {"deploys", DeploysToJson(data.deploys)},
          {"forecasts", ForecastsToJson(data.forecasts)},
          {"files", data.files},
          {"home", kind == PageKind::kReport ? "" : "../index.html"},
          {"changes", HistoryChangesToJson(data.changes)},
          {"verdicts", std::move(verdicts)}};
}

}  // namespace weir::reports
