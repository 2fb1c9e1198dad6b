#include "cli/series_store.h"

#include <algorithm>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "analysis/run_metric.h"
#include "base/text.h"
#include "store/history.h"

namespace weir::cli {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

Result<std::vector<store::RunHead>> HeadsOldestFirst(store::Store& store,
                                                     const std::string& scenario) {
  store::RunFilter filter;
  filter.scenario = scenario;
  filter.state = RunState::kComplete;
  auto heads = store.ListRuns(filter);
  if (heads && heads->empty()) {
    std::set<std::string> names;
    if (const auto all = store.ListRuns()) {
      for (const store::RunHead& head : *all) {
        names.insert(Printable(head.scenario, 60));
      }
    }
    return UsageError(
        fmt::format("no complete run of scenario '{}'\n  hint: {}", Printable(scenario, 60),
                    names.empty() ? "the history is empty"
                                  : fmt::format("there are: {}", fmt::join(names, ", "))));
  }
  if (heads) {
    std::reverse(heads->begin(), heads->end());
  }
  return heads;
}

class TableOfRuns {
 public:
  TableOfRuns(std::string source, std::vector<analysis::RunMetric> metrics)
      : metrics_(std::move(metrics)), missing_(metrics_.size(), 0), reasons_(metrics_.size()) {
    table_.source = std::move(source);
    table_.labels.push_back({.name = "build", .values = {}});
    for (const analysis::RunMetric& metric : metrics_) {
      table_.series.push_back(
          {.name = metric.name, .unit = metric.unit, .values = {}, .errors = {}});
    }
  }

  void Add(const Run& run, const std::string& step) {
    table_.times.push_back(run.started_at);
    table_.labels.front().values.push_back(run.plan.build);
    for (std::size_t i = 0; i < metrics_.size(); ++i) {
      const analysis::RunMetricValue value = analysis::ValueOf(run, metrics_[i], step);
      table_.series[i].values.push_back(value.value.value_or(kMissing));
      table_.series[i].errors.push_back(value.error.value_or(kMissing));
      if (!value.value) {
        reasons_[i] = missing_[i]++ == 0 ? value.reason : reasons_[i];
      }
    }
  }

  SeriesTable Take() {
    for (std::size_t i = 0; i < metrics_.size(); ++i) {
      if (missing_[i] > 0) {
        table_.warnings.push_back(fmt::format("{}: {} of {} runs do not know it (the first: {})",
                                              metrics_[i].name, missing_[i], table_.times.size(),
                                              reasons_[i]));
      }
    }
    return std::move(table_);
  }

 private:
  std::vector<analysis::RunMetric> metrics_;
  std::vector<std::size_t> missing_;
  std::vector<std::string> reasons_;
  SeriesTable table_;
};

}  // namespace

Result<SeriesTable> ReadSeriesFromStore(const std::string& store_path, const StoreSeries& what) {
  std::vector<analysis::RunMetric> metrics;
  for (const std::string& name : what.metrics) {
    Result<analysis::RunMetric> metric = analysis::ParseRunMetric(name);
    if (!metric) {
      return UsageError("--metric: " + metric.error().message);
    }
    metrics.push_back(std::move(*metric));
  }
  const auto store = store::Store::OpenForReading(store_path);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const auto heads = HeadsOldestFirst(**store, what.scenario);
  if (!heads) {
    return tl::unexpected(heads.error());
  }
  TableOfRuns table(store_path, std::move(metrics));
  for (const store::RunHead& head : *heads) {
    const Result<Run> run = (*store)->LoadRun(head.id);
    if (!run) {
      return tl::unexpected(run.error());
    }
    table.Add(*run, what.step);
  }
  return table.Take();
}

}  // namespace weir::cli
