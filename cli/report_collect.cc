#include "cli/report_collect.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "base/clock.h"
#include "cli/figures.h"
#include "cli/report_pairs.h"
#include "cli/triage.h"
#include "store/deployments.h"
#include "store/triage.h"

namespace weir::cli {
namespace {

constexpr std::size_t kVerdictsShown = 20;
constexpr std::size_t kDeploymentsShown = 500;

/// Of so many runs of each side of the newest verdict everything is shown.
constexpr std::size_t kPagesOfSideMax = 10;

/// Forecasts are made for the scenarios that ran last, with a fan of so many runs.
constexpr std::size_t kScenariosForecast = 20;
constexpr std::size_t kRunsForecast = 10;

/// Fewer runs make a fan so wide that it says nothing.
constexpr std::size_t kForecastRunsMin = 20;

constexpr std::string_view kForecastMetric = "response_time.p99";

// The newest runs and those that the newest verdict is about, each once.
std::vector<RunId> RunsWithPages(const std::vector<RunSummary>& summaries, std::size_t newest,
                                 const std::vector<GateResult>& verdicts) {
  std::set<RunId> listed;
  for (const RunSummary& summary : summaries) {
    listed.insert(summary.row.run);
  }
  std::set<RunId> chosen;
  for (std::size_t i = summaries.size() - std::min(newest, summaries.size()); i < summaries.size();
       ++i) {
    chosen.insert(summaries[i].row.run);
  }
  if (!verdicts.empty()) {
    for (const auto* side : {&verdicts.front().baseline_runs, &verdicts.front().candidate_runs}) {
      for (std::size_t i = 0; i < std::min(side->size(), kPagesOfSideMax); ++i) {
        if (listed.count((*side)[i]) > 0) {
          chosen.insert((*side)[i]);
        }
      }
    }
  }
  return {chosen.begin(), chosen.end()};
}

// What p99 was over the runs of one scenario under the load of its newest run.
struct Past {
  std::string load;
  RunId last = 0;
  std::vector<double> values;
};

double ForecastValue(const analysis::HistoryRun& run) {
  for (const analysis::HistoryRun::Value& value : run.values) {
    if (value.step.empty() && HistoryMetrics()[value.metric].name == kForecastMetric) {
      return value.value.value_or(std::numeric_limits<double>::quiet_NaN());
    }
  }
  return std::numeric_limits<double>::quiet_NaN();
}

// `summaries` are oldest first.
std::vector<reports::RunForecast> Forecasts(const std::vector<RunSummary>& summaries) {
  std::map<std::string, Past> pasts;
  for (auto summary = summaries.rbegin(); summary != summaries.rend(); ++summary) {
    const analysis::HistoryRun& run = summary->history;
    if (!analysis::LooksAt(run.state, run.validity) ||
        (pasts.count(run.scenario) == 0 && pasts.size() >= kScenariosForecast)) {
      continue;
    }
    Past& past = pasts[run.scenario];
    if (past.values.empty()) {
      past.load = run.load;
      past.last = run.id;
    }
    if (run.load == past.load && past.values.size() < analysis::kHistory) {
      past.values.push_back(ForecastValue(run));
    }
  }
  std::vector<reports::RunForecast> forecasts;
  for (auto& [scenario, past] : pasts) {
    std::reverse(past.values.begin(), past.values.end());
    if (past.values.size() < kForecastRunsMin) {
      continue;
    }
    Result<analysis::Forecast> made =
        analysis::MakeForecast(past.values, {.horizon = kRunsForecast});
    if (made) {
      forecasts.push_back({scenario, std::string(kForecastMetric), past.last, std::move(*made)});
    }
  }
  return forecasts;
}

Result<std::vector<reports::DeployMark>> Deploys(const std::string& path) {
  const auto deployments = store::Deployments::OpenForReading(path);
  if (!deployments) {
    return tl::unexpected(deployments.error());
  }
  const auto list = (*deployments)->List({.count = kDeploymentsShown});
  if (!list) {
    return tl::unexpected(list.error());
  }
  std::vector<reports::DeployMark> marks;
  for (const store::Deployment& each : *list) {
    marks.push_back({each.at, each.service, each.build, each.phase});
  }
  return marks;
}

// The seconds of the run as a whole, and what else they tell, in one reading.
Status ReadTimeline(store::RunTimeline& timeline, reports::RunPage& page) {
  const Run& run = page.run;
  reports::StepLineMaker lines(run.plan.steps.size(),
                               static_cast<std::uint32_t>(Seconds(run.duration)));
  const auto add = [&](std::uint32_t second, const StepRecord& record) {
    if (page.seconds.empty() || page.seconds.back().second != second ||
        page.seconds.back().phase != record.phase) {
      page.seconds.push_back(
          {.second = second, .phase = record.phase, .counts = {}, .response = {}});
    }
    SecondPoint& point = page.seconds.back();
    point.counts += record.counts;
    for (const auto& [outcome, set] : record.latency) {
      point.response.Merge(set.response);
    }
    lines.Add(second, record);
  };
  if (Status read = timeline.VisitSteps(run.id, add); !read) {
    return read;
  }
  page.details.step_lines = lines.Finish();
  const auto errors = timeline.Errors(run.id);
  const auto lag = timeline.SendLag(run.id);
  if (!errors || !lag) {
    return tl::unexpected(!errors ? errors.error() : lag.error());
  }
  for (const store::ErrorSecond& each : *errors) {
    page.details.errors[each.error].push_back({each.second, each.requests});
  }
  for (const store::LagSecond& each : *lag) {
    page.details.send_lag_max_ns.push_back({each.second, each.max_ns});
  }
  return {};
}

// The newest note on each change point.
Result<std::vector<std::optional<reports::TriageMark>>> Triage(
    const std::string& path, const analysis::HistoryChanges& changes) {
  const auto book = store::TriageBook::OpenForReading(path);
  if (!book) {
    return tl::unexpected(book.error());
  }
  const auto notes = (*book)->List();
  if (!notes) {
    return tl::unexpected(notes.error());
  }
  std::vector<std::optional<reports::TriageMark>> marks;
  for (const analysis::HistoryChange& change : changes.changes) {
    const store::TriageNote* note = NoteOn(change, *notes);
    marks.push_back(note == nullptr
                        ? std::nullopt
                        : std::optional(reports::TriageMark{
                              note->at, std::string(store::TriageStateName(note->state)), note->by,
                              note->why}));
  }
  return marks;
}

void TakeOver(std::vector<RunSummary>&& summaries, reports::ReportData& data) {
  analysis::HistoryChangeFinder finder({.metrics = HistoryMetrics()});
  data.forecasts = Forecasts(summaries);
  for (RunSummary& summary : summaries) {
    finder.Add(summary.history);
    data.rows.push_back(std::move(summary.row));
  }
  data.changes = finder.Result();
}

}  // namespace

Result<reports::RunPage> LoadPage(const HistoryReaders& from, RunId id) {
  Result<Run> run = from.store.LoadRun(id);
  if (!run) {
    return tl::unexpected(run.error());
  }
  reports::RunPage page{std::move(*run), {}};
  if (Status read = ReadTimeline(from.timeline, page); !read) {
    return tl::unexpected(read.error());
  }
  Result<std::vector<ResourceSample>> resources = from.store.LoadResources(id);
  if (!resources) {
    return tl::unexpected(resources.error());
  }
  Result<std::vector<TargetSample>> target = from.store.LoadTargetSamples(id);
  if (!target) {
    return tl::unexpected(target.error());
  }
  page.resources = std::move(*resources);
  page.target = std::move(*target);
  return page;
}

Result<reports::ReportData> CollectReport(store::Store& store, const ReportOrder& order) {
  Result<std::vector<RunSummary>> summaries = ReadSummaries(store, order.store_path, order.filter);
  if (!summaries) {
    return tl::unexpected(summaries.error());
  }
  reports::ReportData data;
  data.title = order.title;
  data.generated_at = SystemClock().WallNow();
  auto verdicts = store.ListVerdicts(kVerdictsShown);
  if (!verdicts) {
    return tl::unexpected(verdicts.error());
  }
  for (store::StoredVerdict& verdict : *verdicts) {
    data.stamps.push_back(
        {verdict.decided_at, verdict.record ? verdict.record->sha256 : std::string()});
    data.verdicts.push_back(std::move(verdict.result));
  }
  Result<std::vector<reports::DeployMark>> deploys = Deploys(order.store_path);
  if (!deploys) {
    return tl::unexpected(deploys.error());
  }
  data.deploys = std::move(*deploys);
  const auto timeline = store::RunTimeline::OpenForReading(order.store_path);
  if (!timeline) {
    return tl::unexpected(timeline.error());
  }
  for (const RunId id : RunsWithPages(*summaries, order.pages, data.verdicts)) {
    Result<reports::RunPage> page = LoadPage({store, **timeline}, id);
    if (!page) {
      return tl::unexpected(page.error());
    }
    data.pages.push_back(std::move(*page));
  }
  data.pairs = CompareBuilds(data.pages);
  TakeOver(std::move(*summaries), data);
  auto triage = Triage(order.store_path, data.changes);
  if (!triage) {
    return tl::unexpected(triage.error());
  }
  data.triage = std::move(*triage);
  return data;
}

}  // namespace weir::cli
