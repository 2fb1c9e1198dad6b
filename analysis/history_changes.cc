#include "analysis/history_changes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "base/check.h"

namespace weir::analysis {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

std::set<std::string> StepsOf(const Run& run) {
  std::set<std::string> steps = {""};
  // A single step is the whole run: one question, not two.
  if (run.plan.steps.size() > 1) {
    for (const StepName& name : run.plan.steps) {
      steps.insert(name.step);
    }
  }
  return steps;
}

bool TooSmall(const HistoryChange& change, double change_ratio_min) {
  return change.metric.kind != RunMetric::Kind::kErrorRate && change.point.change_ratio &&
         std::abs(*change.point.change_ratio) < change_ratio_min;
}

}  // namespace

bool LooksAt(RunState state, std::optional<Grade> validity) {
  return state == RunState::kComplete && validity != Grade::kInvalid;
}

HistoryRun HistoryRunOf(const Run& run, std::span<const RunMetric> metrics) {
  HistoryRun history;
  history.id = run.id;
  history.scenario = run.plan.scenario;
  history.load = run.plan.load;
  history.build = run.plan.build;
  history.state = run.state;
  if (run.validity) {
    history.validity = run.validity->grade;
  }
  if (!LooksAt(history.state, history.validity)) {
    return history;
  }
  for (const std::string& step : StepsOf(run)) {
    std::vector<RunMetricValue> values = ValuesOf(run, metrics, step);
    for (std::size_t i = 0; i < values.size(); ++i) {
      history.values.push_back(
          {.step = step, .metric = i, .value = values[i].value, .error = values[i].error});
    }
  }
  return history;
}

bool HistoryChange::Worse() const {
  return metric.HigherIsBetter() ? point.change < 0 : point.change > 0;
}

HistoryChangeFinder::HistoryChangeFinder(HistoryChangeOptions options)
    : options_(std::move(options)) {
  WEIR_CHECK(!options_.metrics.empty());
  WEIR_CHECK(options_.change_ratio_min >= 0);
}

void HistoryChangeFinder::Add(const Run& run) {
  Add(HistoryRunOf(run, options_.metrics));
}

void HistoryChangeFinder::Add(const HistoryRun& run) {
  if (!LooksAt(run.state, run.validity)) {
    invalid_ += run.state == RunState::kComplete ? 1 : 0;
    return;
  }
  History& history = histories_[{run.scenario, run.load}];
  history.runs.emplace_back(run.id, run.build);
  for (const HistoryRun::Value& value : run.values) {
    WEIR_CHECK(value.metric < options_.metrics.size());
    AddValue(history, value);
  }
}

void HistoryChangeFinder::AddValue(History& history, const HistoryRun::Value& value) {
  const SeriesKey key = {value.step, value.metric};
  auto found = history.series.find(key);
  if (found == history.series.end()) {
    if (history.series.size() >= kHistorySeriesMax) {
      ++series_left_out_;
      return;
    }
    found = history.series.emplace(key, Values{}).first;
  }
  Values& series = found->second;
  // A step that earlier runs did not have is missing there.
  series.values.resize(history.runs.size() - 1, kMissing);
  series.errors.resize(history.runs.size() - 1, kMissing);
  series.values.push_back(value.value.value_or(kMissing));
  series.errors.push_back(value.error.value_or(kMissing));
}

void HistoryChangeFinder::Judge(const HistoryKey& key, const History& history,
                                HistoryChanges& result) const {
  for (const auto& [name, series] : history.series) {
    const ChangePoints found = FindChangePoints({series.values, series.errors});
    ++result.series;
    for (const ChangePoint& point : found.points) {
      HistoryChange change;
      change.scenario = key.first;
      change.load = key.second;
      change.step = name.step;
      change.metric = options_.metrics[name.metric];
      change.point = point;
      change.run = history.runs[point.index].first;
      change.build = history.runs[point.index].second;
      change.low_run = history.runs[point.low].first;
      change.high_run = history.runs[point.high].first;
      change.same_build = !change.build.empty();
      for (std::size_t i = point.low; i <= point.high; ++i) {
        const std::string& build = history.runs[i].second;
        if (!build.empty() && std::find(change.suspects.begin(), change.suspects.end(), build) ==
                                  change.suspects.end()) {
          change.suspects.push_back(build);
        }
        change.same_build = change.same_build && i > 0 && build == history.runs[i - 1].second;
      }
      if (TooSmall(change, options_.change_ratio_min)) {
        ++result.small;
      } else {
        result.changes.push_back(std::move(change));
      }
    }
  }
}

HistoryChanges HistoryChangeFinder::Result() const {
  HistoryChanges result;
  std::size_t short_histories = 0;
  for (const auto& [key, history] : histories_) {
    if (history.runs.size() < kHistoryRunsMin) {
      ++short_histories;
      continue;
    }
    result.runs += history.runs.size();
    Judge(key, history, result);
  }
  std::stable_sort(result.changes.begin(), result.changes.end(),
                   [](const HistoryChange& a, const HistoryChange& b) {
                     return std::pair(a.run, a.point.confidence) >
                            std::pair(b.run, b.point.confidence);
                   });
  if (short_histories > 0) {
    result.warnings.push_back(fmt::format(
        "{} of {} scenarios and loads have fewer than the {} complete runs from which on change "
        "points can be found.",
        short_histories, histories_.size(), kHistoryRunsMin));
  }
  if (invalid_ > 0) {
    result.warnings.push_back(
        fmt::format("{} left out: the certificate says that what was measured cannot be believed.",
                    invalid_ == 1 ? "1 run was" : fmt::format("{} runs were", invalid_)));
  }
  if (series_left_out_ > 0) {
    result.warnings.push_back(
        fmt::format("{} values of steps beyond the first {} pairs of step and metric were left "
                    "out.",
                    series_left_out_, kHistorySeriesMax));
  }
  return result;
}

}  // namespace weir::analysis
