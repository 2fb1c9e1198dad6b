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
  if (!store || !deployments) {
    return tl::unexpected(store ? deployments.error() : store.error());
  }
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

Result<GateNews> GateReader::Read() {
  auto heads = store_->ListVerdictHeads(newest_, GateNews::kLookedAt);
  auto deployments = deployments_->List({.count = GateNews::kListed});
  if (!heads || !deployments) {
    return tl::unexpected(heads ? deployments.error() : heads.error());
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
