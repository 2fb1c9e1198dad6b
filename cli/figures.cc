#include "cli/figures.h"

#include <algorithm>
#include <map>
#include <utility>

namespace weir::cli {
namespace {

/// To be raised when what FiguresOf computes changes in any way.
constexpr int kEdition = 1;

/// Figures are kept in transactions of so many runs, so that memory stays bounded.
constexpr std::size_t kRunsKeptAtOnce = 500;

struct ThresholdFigure {
  std::string_view name;
  std::uint32_t reports::RunRow::*count;
};

constexpr ThresholdFigure kThresholdFigures[] = {
    {"thresholds.passed", &reports::RunRow::thresholds_passed},
    {"thresholds.failed", &reports::RunRow::thresholds_failed},
    {"thresholds.unknown", &reports::RunRow::thresholds_unknown}};

store::RunFigures FiguresOf(const RunSummary& summary) {
  store::RunFigures kept{.run = summary.row.run, .edition = kEdition, .figures = {}};
  std::map<std::pair<std::string, std::string>, store::Figure> figures;
  const auto figure = [&figures](const std::string& step, std::string_view name) -> auto& {
    store::Figure& found = figures[{step, std::string(name)}];
    found.step = step;
    found.name = name;
    return found;
  };
  for (const analysis::HistoryRun::Value& value : summary.history.values) {
    store::Figure& put = figure(value.step, HistoryMetrics()[value.metric].name);
    put.value = value.value;
    put.error = value.error;
  }
  for (std::size_t i = 0; i < reports::kRowColumns.size(); ++i) {
    store::Figure& put = figure("", reports::kRowColumns[i].metric);
    put.value = summary.row.response[i].value_ns;
    put.lower_bound = summary.row.response[i].lower_bound;
  }
  for (const ThresholdFigure& threshold : kThresholdFigures) {
    if (summary.row.*threshold.count > 0) {
      figure("", threshold.name).value = summary.row.*threshold.count;
    }
  }
  for (auto& [key, value] : figures) {
    kept.figures.push_back(std::move(value));
  }
  return kept;
}

void PutIntoRow(const store::Figure& figure, reports::RunRow& row) {
  for (std::size_t i = 0; i < reports::kRowColumns.size(); ++i) {
    if (figure.name == reports::kRowColumns[i].metric) {
      row.response[i] = {figure.value, figure.lower_bound};
    }
  }
  for (const ThresholdFigure& threshold : kThresholdFigures) {
    if (figure.name == threshold.name) {
      row.*threshold.count = static_cast<std::uint32_t>(figure.value.value_or(0));
    }
  }
}

void PutIntoHistory(const store::Figure& figure, analysis::HistoryRun& history) {
  const std::vector<analysis::RunMetric>& metrics = HistoryMetrics();
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (figure.name == metrics[i].name) {
      history.values.push_back(
          {.step = figure.step, .metric = i, .value = figure.value, .error = figure.error});
    }
  }
}

/// Keeps figures beside the runs that they were read off, as far as the file allows.
class FigureKeeper {
 public:
  explicit FigureKeeper(std::string path) : path_(std::move(path)) {}

  void Add(store::RunFigures figures) {
    waiting_.push_back(std::move(figures));
    if (waiting_.size() >= kRunsKeptAtOnce) {
      Save();
    }
  }

  // A report can be made of a file that cannot be written; only the next one takes as long again.
  void Save() {
    if (waiting_.empty() || failed_) {
      waiting_.clear();
      return;
    }
    if (store_ == nullptr) {
      auto opened = store::Store::OpenForWriting(path_);
      store_ = opened ? std::move(*opened) : nullptr;
    }
    failed_ = store_ == nullptr || !store_->SaveFigures(waiting_);
    waiting_.clear();
  }

 private:
  std::string path_;
  std::unique_ptr<store::Store> store_;
  std::vector<store::RunFigures> waiting_;
  bool failed_ = false;
};

// What is kept of each of `heads`, which are not empty.
Result<std::map<RunId, RunSummary>> KeptSummaries(store::Store& store,
                                                  const std::vector<store::RunHead>& heads) {
  std::map<RunId, const store::RunHead*> by_id;
  for (const store::RunHead& head : heads) {
    by_id[head.id] = &head;
  }
  std::map<RunId, RunSummary> kept;
  Status read =
      store.VisitFigures(by_id.begin()->first, kEdition, [&](const store::RunFigures& figures) {
        const auto head = by_id.find(figures.run);
        if (head != by_id.end() && head->second->state != RunState::kRunning) {
          kept.emplace(figures.run, SummaryFrom(*head->second, figures));
        }
      });
  if (!read) {
    return tl::unexpected(read.error());
  }
  return kept;
}

}  // namespace

const std::vector<analysis::RunMetric>& HistoryMetrics() {
  static const std::vector<analysis::RunMetric> metrics = [] {
    std::vector<analysis::RunMetric> parsed;
    parsed.reserve(analysis::kHistoryMetrics.size());
    for (const std::string_view name : analysis::kHistoryMetrics) {
      parsed.push_back(*analysis::ParseRunMetric(name));
    }
    return parsed;
  }();
  return metrics;
}

RunSummary SummaryOf(const Run& run) {
  return {reports::RunRowOf(run), analysis::HistoryRunOf(run, HistoryMetrics())};
}

store::RunFigures FiguresOf(const Run& run) {
  return FiguresOf(SummaryOf(run));
}

RunSummary SummaryFrom(const store::RunHead& head, const store::RunFigures& figures) {
  RunSummary summary;
  reports::RunRow& row = summary.row;
  row.run = summary.history.id = head.id;
  row.scenario = summary.history.scenario = head.scenario;
  row.load = summary.history.load = head.load;
  row.build = summary.history.build = head.build;
  row.state = summary.history.state = head.state;
  row.validity = summary.history.validity = head.validity;
  row.branch = head.branch;
  row.tag = head.tag;
  row.target = head.target;
  row.environment = head.environment;
  row.in_progress = head.in_progress;
  row.started_at = head.started_at;
  if (head.counts) {
    row.planned = head.counts->planned;
    row.completed = head.counts->of(Outcome::kCompleted);
  }
  row.rate_per_s = head.rate_per_s;
  const bool looked_at = analysis::LooksAt(head.state, head.validity);
  for (const store::Figure& figure : figures.figures) {
    if (figure.step.empty()) {
      PutIntoRow(figure, row);
    }
    if (looked_at) {
      PutIntoHistory(figure, summary.history);
    }
  }
  const auto by_key = [](const analysis::HistoryRun::Value& value) {
    return std::pair(std::string_view(value.step), value.metric);
  };
  std::sort(summary.history.values.begin(), summary.history.values.end(),
            [&](const auto& a, const auto& b) { return by_key(a) < by_key(b); });
  return summary;
}

Result<std::vector<RunSummary>> ReadSummaries(store::Store& store, const std::string& path,
                                              const store::RunFilter& filter) {
  Result<std::vector<store::RunHead>> heads = store.ListRuns(filter);
  if (!heads) {
    return tl::unexpected(heads.error());
  }
  std::vector<RunSummary> summaries;
  if (heads->empty()) {
    return summaries;
  }
  Result<std::map<RunId, RunSummary>> kept = KeptSummaries(store, *heads);
  if (!kept) {
    return tl::unexpected(kept.error());
  }
  FigureKeeper keeper(path);
  for (auto head = heads->rbegin(); head != heads->rend(); ++head) {
    const auto found = kept->find(head->id);
    if (found != kept->end()) {
      summaries.push_back(std::move(found->second));
      continue;
    }
    const Result<Run> run = store.LoadRun(head->id);
    if (!run) {
      return tl::unexpected(run.error());
    }
    summaries.push_back(SummaryOf(*run));
    summaries.back().row.in_progress = head->in_progress;
    // What a killed run left may still grow until its process is surely gone.
    if (run->state != RunState::kRunning) {
      keeper.Add(FiguresOf(summaries.back()));
    }
  }
  keeper.Save();
  return summaries;
}

}  // namespace weir::cli
