#include "monitor/gate_news.h"

#include <algorithm>
#include <set>
#include <utility>

#include "store/history.h"

namespace weir::monitor {

const GateVerdict* WorstStanding(const std::vector<GateVerdict>& verdicts) {
  std::set<std::string> seen;
  const GateVerdict* worst = nullptr;
  for (const GateVerdict& verdict : verdicts) {
    if (seen.insert(verdict.subject).second &&
        (worst == nullptr || verdict.verdict > worst->verdict)) {
      worst = &verdict;
    }
  }
  return worst;
}

GateReader::GateReader(std::string store_path) : store_path_(std::move(store_path)) {}

GateReader::~GateReader() = default;

Status GateReader::Open() {
  auto store = store::Store::OpenForReading(store_path_);
  auto deployments = store::Deployments::OpenForReading(store_path_);
  auto finished = store::FinishedRuns::OpenForReading(store_path_);
  if (!store || !deployments) {
    return tl::unexpected(store ? deployments.error() : store.error());
  }
  if (!finished) {
    return tl::unexpected(finished.error());
  }
  finished_ = std::move(*finished);
  store_ = std::move(*store);
  deployments_ = std::move(*deployments);
  return {};
}

// Ascending in their numbers.
void GateReader::Take(store::VerdictHead head) {
  newest_ = head.id;
  if (!head.scenario.empty() || !head.service.empty()) {
    standing_[{head.scenario, head.service}] = {.id = head.id,
                                                .verdict = {.scenario = head.scenario,
                                                            .service = head.service,
                                                            .build = head.build,
                                                            .verdict = head.verdict,
                                                            .at = head.decided_at,
                                                            .why = head.reason}};
  }
  if (standing_.size() > GateNews::kLookedAt) {
    standing_.erase(
        std::min_element(standing_.begin(), standing_.end(),
                         [](const auto& a, const auto& b) { return a.second.id < b.second.id; }));
  }
  last_.insert(last_.begin(), {.id = head.id,
                               .at = head.decided_at,
                               .subject = head.scenario.empty() ? std::move(head.service)
                                                                : std::move(head.scenario),
                               .candidate = std::move(head.candidate),
                               .verdict = head.verdict,
                               .action = head.action,
                               .reason = std::move(head.reason)});
  last_.resize(std::min(last_.size(), GateNews::kListed));
}

// Who tells of a deployment may have another clock: what was written last is the last.
void GateReader::Note(bool is_run, const std::string& subject, std::int64_t id, WallTime at) {
  Last& last = happened_[{is_run, subject}];
  // A run may finish after one that began later.
  if (is_run ? at > last.at : id > last.id) {
    last = {.id = id, .at = at};
  }
  if (happened_.size() > GateNews::kLookedAt) {
    happened_.erase(
        std::min_element(happened_.begin(), happened_.end(),
                         [](const auto& a, const auto& b) { return a.second.at < b.second.at; }));
  }
}

Result<GateNews> GateReader::Read() {
  auto heads = store_->ListVerdictHeads(newest_, GateNews::kLookedAt);
  auto deployments = deployments_->List({.count = GateNews::kListed});
  auto runs = finished_->List(GateNews::kListed);
  if (!heads || !deployments) {
    return tl::unexpected(heads ? deployments.error() : heads.error());
  }
  if (!runs) {
    return tl::unexpected(runs.error());
  }
  for (const store::Deployment& deployment : *deployments) {
    Note(false, deployment.service, deployment.id, deployment.at);
  }
  for (const store::FinishedRun& run : *runs) {
    Note(true, run.scenario, run.id, run.finished_at);
  }
  for (auto head = heads->rbegin(); head != heads->rend(); ++head) {
    Take(std::move(*head));
  }
  GateNews news;
  news.verdicts = last_;
  news.deployments = std::move(*deployments);
  for (const auto& [subject, standing] : standing_) {
    news.standing.push_back(standing.verdict);
  }
  for (const auto& [what, last] : happened_) {
    news.happened.push_back({.is_run = what.first, .subject = what.second, .at = last.at});
  }
  return news;
}

std::optional<GateNews> GateReader::ReadIfChanged() {
  if (store_ == nullptr) {
    if (Status opened = Open(); !opened) {
      return GateNews{.trouble = opened.error().message};
    }
  }
  // Before what it counts: what is written meanwhile is read by the next call.
  const auto changes = deployments_->ChangeCount();
  if (changes && seen_ == *changes) {
    return std::nullopt;
  }
  Result<GateNews> news = changes ? Read() : tl::unexpected(changes.error());
  if (!news) {
    return GateNews{.trouble = news.error().message};
  }
  seen_ = *changes;
  return std::move(*news);
}

}  // namespace weir::monitor
