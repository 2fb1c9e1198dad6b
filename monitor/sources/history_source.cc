#include "monitor/sources/history_source.h"

#include <utility>

#include "store/history.h"

namespace weir::monitor {

HistorySource::HistorySource(std::string path) : path_(std::move(path)) {}

HistorySource::~HistorySource() = default;

Status HistorySource::Open() {
  auto store = store::Store::OpenForReading(path_);
  auto finished = store::FinishedRuns::OpenForReading(path_);
  if (!store || !finished) {
    return tl::unexpected(store ? finished.error() : store.error());
  }
  store_ = std::move(*store);
  finished_ = std::move(*finished);
  return {};
}

// Finished runs that were not there before.
Status HistorySource::Find() {
  auto runs = finished_->List(kRunsMax);
  if (!runs) {
    return tl::unexpected(runs.error());
  }
  std::set<RunId> listed;
  for (auto run = runs->rbegin(); run != runs->rend(); ++run) {
    listed.insert(run->id);
    if (!known_.contains(run->id)) {
      waiting_.push_back(std::move(*run));
    }
  }
  while (waiting_.size() > kRunsMax) {
    waiting_.pop_front();
  }
  known_ = std::move(listed);
  return {};
}

// The first of each scenario; at the beginning all, of which the last stays.
Status HistorySource::TellNext() {
  std::set<std::string> scenarios;
  while (!waiting_.empty()) {
    const store::FinishedRun& next = waiting_.front();
    if (began_ && !scenarios.insert(next.scenario).second) {
      break;
    }
    const Result<Run> run = store_->LoadRun(next.id);
    // One that was deleted meanwhile is no news.
    if (!run && run.error().kind != ErrorKind::kUsage) {
      return tl::unexpected(run.error());
    }
    if (run) {
      board_.Put(*run, next.finished_at);
    }
    waiting_.pop_front();
  }
  began_ = true;
  return {};
}

Result<Reading> HistorySource::Look() {
  if (store_ == nullptr) {
    if (Status opened = Open(); !opened) {
      return tl::unexpected(opened.error());
    }
  }
  // Before what it counts: what is written meanwhile is found by the next look.
  const auto changes = finished_->ChangeCount();
  if (!changes) {
    return tl::unexpected(changes.error());
  }
  if (seen_ != *changes) {
    if (Status found = Find(); !found) {
      return tl::unexpected(found.error());
    }
    seen_ = *changes;
  }
  if (began_ && waiting_.empty()) {
    Reading nothing_new;
    nothing_new.unchanged = true;
    return nothing_new;
  }
  if (Status told = TellNext(); !told) {
    return tl::unexpected(told.error());
  }
  return board_.Look();
}

tl::expected<Reading, SourceTrouble> HistorySource::Read() {
  Result<Reading> reading = Look();
  if (!reading) {
    return tl::unexpected(SourceTrouble{reading.error().message});
  }
  return std::move(*reading);
}

}  // namespace weir::monitor
