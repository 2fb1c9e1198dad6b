#include "monitor/deploy_answers.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "reports/verdict_json.h"

namespace weir::monitor {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// The score of the policy, or else the share of weights that passed, a warning counting half: of
// what is inconclusive, nothing.
double ScoreOf(const GateResult& result) {
  if (result.score) {
    return result.score->low;
  }
  double all = 0;
  double got = 0;
  for (const GateCheck& check : result.checks) {
    all += check.weight;
    got += check.verdict == Verdict::kPass   ? check.weight
           : check.verdict == Verdict::kWarn ? check.weight / 2
                                             : 0;
  }
  return all > 0 ? got / all : 0;
}

void PutResult(Json& json, const std::optional<GateResult>& result) {
  if (!result) {
    json["score"] = nullptr;
    json["score_reason"] = "nothing was judged";
    json["run"] = nullptr;
    json["run_reason"] = "nothing was judged";
    json["criteria"] = Json::array();
    return;
  }
  json["score"] = 100 * ScoreOf(*result);
  if (result->candidate_runs.empty()) {
    json["run"] = nullptr;
    json["run_reason"] = "no run of it is in the history";
  } else {
    json["run"] = fmt::format(
        "{}", *std::max_element(result->candidate_runs.begin(), result->candidate_runs.end()));
  }
  json["action"] = GateActionName(result->action);
  const Json whole = Json::parse(reports::VerdictJson(*result), nullptr, false);
  json["criteria"] = whole.is_object() ? whole.value("checks", Json::array()) : Json::array();
}

}  // namespace

std::string DeployVerdictJson(const GateQuestion& question, const Result<GateAnswer>& answer) {
  Json json = {{"schema", "weir.deploy_verdict/1"},
               {"verdict", GateStateName(answer ? answer->state : GateState::kInconclusive)},
               {"reason", answer ? answer->reason : answer.error().message},
               {"service", question.service},
               {"rev", question.rev}};
  if (answer && answer->verdict) {
    json["verdict_id"] = *answer->verdict;
  } else {
    json["verdict_id"] = nullptr;
    json["verdict_id_reason"] = "not recorded";
  }
  PutResult(json, answer ? answer->result : std::nullopt);
  return Dump(json);
}

std::string StoredVerdictJson(const store::StoredVerdict& verdict) {
  Json json = {{"schema", "weir.verdict/1"},
               {"id", verdict.id},
               {"decided_at", FormatWallTime(verdict.decided_at)}};
  const Json whole = Json::parse(reports::VerdictJson(verdict.result), nullptr, false);
  for (const auto& item : whole.items()) {
    json[item.key()] = item.value();
  }
  return Dump(json);
}

std::string VerdictListJson(std::span<const store::StoredVerdict> verdicts) {
  Json list = Json::array();
  for (const store::StoredVerdict& verdict : verdicts) {
    list.push_back({{"id", verdict.id},
                    {"decided_at", FormatWallTime(verdict.decided_at)},
                    {"verdict", VerdictName(verdict.result.verdict)},
                    {"action", GateActionName(verdict.result.action)},
                    {"candidate", verdict.result.candidate},
                    {"baseline", verdict.result.baseline},
                    {"reason", verdict.result.reason}});
  }
  return Dump({{"schema", "weir.verdicts/1"}, {"verdicts", std::move(list)}});
}

std::string DeploymentListJson(std::span<const store::Deployment> deployments) {
  Json list = Json::array();
  for (const store::Deployment& each : deployments) {
    list.push_back({{"id", each.id},
                    {"at", FormatWallTime(each.at)},
                    {"service", each.service},
                    {"build", each.build},
                    {"phase", each.phase},
                    {"source", each.source},
                    {"message", each.message}});
  }
  return Dump({{"schema", "weir.deployments/1"}, {"deployments", std::move(list)}});
}

}  // namespace weir::monitor
