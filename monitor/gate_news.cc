#include "monitor/gate_news.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "store/history.h"

namespace weir::monitor {
namespace {

// A watch judges what users send, no run; its record names the service.
std::string WatchedService(const store::StoredVerdict& verdict) {
  if (verdict.result.design != "canary" || !verdict.record) {
    return {};
  }
  using Json = nlohmann::json;
  const Json inputs = Json::parse(verdict.record->inputs, nullptr, false);
  if (!inputs.is_object()) {
    return {};
  }
  const auto service = inputs.find("service");
  return service != inputs.end() && service->is_string() ? service->get<std::string>() : "";
}

RunId JudgedRun(const store::StoredVerdict& verdict) {
  const std::vector<RunId>& runs = verdict.result.candidate_runs;
  return runs.empty() ? 0 : runs.front();
}

Result<std::map<RunId, std::string>> ScenariosOf(
    store::Store& store, const std::vector<store::StoredVerdict>& verdicts) {
  store::RunFilter filter;
  for (const store::StoredVerdict& verdict : verdicts) {
    if (const RunId run = JudgedRun(verdict); run != 0) {
      filter.ids.push_back(run);
    }
  }
  std::map<RunId, std::string> scenarios;
  if (filter.ids.empty()) {
    return scenarios;
  }
  auto heads = store.ListRuns(filter);
  if (!heads) {
    return tl::unexpected(heads.error());
  }
  for (store::RunHead& head : *heads) {
    scenarios[head.id] = std::move(head.scenario);
  }
  return scenarios;
}

}  // namespace

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

Result<GateNews> GateReader::Read() {
  auto verdicts = store_->ListVerdicts(GateNews::kListed);
  auto deployments = deployments_->List({.count = GateNews::kListed});
  if (!verdicts || !deployments) {
    return tl::unexpected(verdicts ? deployments.error() : verdicts.error());
  }
  const auto scenarios = ScenariosOf(*store_, *verdicts);
  if (!scenarios) {
    return tl::unexpected(scenarios.error());
  }
  GateNews news;
  for (const store::StoredVerdict& verdict : *verdicts) {
    const auto scenario = scenarios->find(JudgedRun(verdict));
    news.verdicts.push_back(
        {.id = verdict.id,
         .at = verdict.decided_at,
         .subject = scenario == scenarios->end() ? WatchedService(verdict) : scenario->second,
         .candidate = verdict.result.candidate,
         .verdict = verdict.result.verdict,
         .action = verdict.result.action,
         .reason = verdict.result.reason});
  }
  news.deployments = std::move(*deployments);
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
