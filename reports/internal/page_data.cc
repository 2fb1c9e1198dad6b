#include "reports/internal/page_data.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "reports/internal/history_changes.h"
#include "reports/internal/spectrum.h"

namespace weir::reports {
namespace {

/// Longer runs are folded into points of several seconds.
constexpr std::uint32_t kPointsMax = 1800;

/// A quantile of a second is drawn only if at least this many values lie beyond it.
constexpr double kBeyondMin = 1;

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

Json SecondQuantile(const Histogram& histogram, double q) {
  if (histogram.empty() || static_cast<double>(histogram.count()) * (1 - q) < kBeyondMin) {
    return nullptr;
  }
  return histogram.QuantileNs(q);
}

void AppendPoint(Json& json, const SecondPoint& point) {
  const Histogram& response = point.response;
  const RequestCounts& counts = point.counts;
  json["p50"].push_back(SecondQuantile(response, 0.5));
  json["p99"].push_back(SecondQuantile(response, 0.99));
  json["max"].push_back(response.empty() ? Json(nullptr) : Json(response.max_ns()));
  json["planned"].push_back(counts.planned);
  json["completed"].push_back(counts.of(Outcome::kCompleted));
  std::uint64_t errors = 0;
  for (std::size_t i = 1; i < kOutcomeCount; ++i) {
    errors += counts.by_outcome[i];
  }
  json["errors"].push_back(errors);
}

// {"width_s", "measured_from" (index or null), "p50", "p99", "max" (ns or null), "planned",
// "completed", "errors" (requests)}; one entry for every width_s seconds from the start of the
// run, also for those in which nothing happened.
Json SecondsToJson(const std::vector<SecondPoint>& seconds) {
  Json json = {{"width_s", 1}, {"measured_from", nullptr}};
  for (const char* key : {"p50", "p99", "max", "planned", "completed", "errors"}) {
    json[key] = Json::array();
  }
  if (seconds.empty()) {
    return json;
  }
  std::vector<const SecondPoint*> points;
  for (const SecondPoint& point : seconds) {
    points.push_back(&point);
  }
  std::stable_sort(points.begin(), points.end(), [](const SecondPoint* a, const SecondPoint* b) {
    return a->second < b->second;
  });
  const std::uint32_t last = points.back()->second;
  const std::uint32_t width = last / kPointsMax + 1;
  json["width_s"] = width;
  std::size_t next = 0;
  SecondPoint sum;  // Warm-up and measured part of one second are one point on the page.
  for (std::uint32_t i = 0; i <= last / width; ++i) {
    sum.counts = {};
    sum.response.Clear();
    for (; next < points.size() && points[next]->second / width == i; ++next) {
      sum.counts += points[next]->counts;
      sum.response.Merge(points[next]->response);
      if (json["measured_from"].is_null() && points[next]->phase == Phase::kMeasure) {
        json["measured_from"] = i;
      }
    }
    AppendPoint(json, sum);
  }
  return json;
}

Json RunPageToJson(const RunPage& page) {
  Json json = RunToJson(page.run);
  json["curves"] = CurvesToJson(page.run.Total(Phase::kMeasure));
  json["seconds"] = SecondsToJson(page.seconds);
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

Json BuildsToJson(const std::vector<const RunPage*>& pages) {
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
    }
  }
  return builds;
}

}  // namespace

Json PageData(const ReportData& data) {
  std::vector<const RunPage*> pages;
  for (const RunPage& page : data.runs) {
    pages.push_back(&page);
  }
  std::stable_sort(pages.begin(), pages.end(), [](const RunPage* a, const RunPage* b) {
    return std::pair(a->run.started_at, a->run.id) < std::pair(b->run.started_at, b->run.id);
  });
  Json runs = Json::array();
  for (const RunPage* page : pages) {
    runs.push_back(RunPageToJson(*page));
  }
  Json verdicts = Json::array();
  for (const GateResult& verdict : data.verdicts) {
    verdicts.push_back(VerdictToJson(verdict));
  }
  return {{"schema", "weir.report/1"},
          {"title", data.title},
          {"generated_at", FormatWallTime(data.generated_at)},
          {"runs", std::move(runs)},
          {"builds", BuildsToJson(pages)},
          {"changes", HistoryChangesToJson(data.changes)},
          {"verdicts", std::move(verdicts)}};
}

}  // namespace weir::reports
