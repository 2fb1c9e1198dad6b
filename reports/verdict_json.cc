#include "reports/verdict_json.h"

#include "reports/internal/json.h"

namespace weir::reports {
namespace {

// The check's own reason says more than any general word; it is empty only for a careless caller.
std::string_view WhyUnknown(const GateCheck& check) {
  return check.reason.empty() ? "not known" : std::string_view(check.reason);
}

Json CheckToJson(const GateCheck& check) {
  const std::string_view unknown = WhyUnknown(check);
  Json json = {{"metric", check.metric}, {"step", check.step}, {"unit", check.unit}};
  PutKnown(json, "baseline", check.baseline, unknown);
  PutKnown(json, "candidate", check.candidate, unknown);
  PutKnown(json, "change_ratio", check.change_ratio, unknown);
  if (check.interval) {
    json["interval"] = {check.interval->low, check.interval->high};
  } else {
    PutUnknown(json, "interval", unknown);
  }
  if (check.demand.empty()) {
    json["tolerance"] = check.tolerance;
  } else {
    PutUnknown(json, "tolerance", "the policy states a demand");
    json["demand"] = check.demand;
  }
  PutKnown(json, "p_value", check.p_value, unknown);
  PutKnown(json, "alpha", check.alpha, "no test was made");
  PutKnown(json, "detectable", check.detectable, unknown);
  json["verdict"] = VerdictName(check.verdict);
  json["reason"] = check.reason;
  if (check.runs_needed) {
    json["runs_needed"] = *check.runs_needed;
  } else {
    PutUnknown(json, "runs_needed",
               check.verdict == Verdict::kInconclusive ? unknown : "the check is decided");
  }
  json["flip"] = check.flip;
  json["weight"] = check.weight;
  json["key"] = check.key;
  json["waiver"] = check.waiver;
  return json;
}

}  // namespace

Json VerdictToJson(const GateResult& result) {
  Json checks = Json::array();
  for (const GateCheck& check : result.checks) {
    checks.push_back(CheckToJson(check));
  }
  Json json = {{"schema", "weir.verdict/1"},
               {"verdict", VerdictName(result.verdict)},
               {"reason", result.reason},
               {"action", GateActionName(result.action)},
               {"action_reason", result.action_reason}};
  if (result.score) {
    json["score"] = {result.score->low, result.score->high};
  } else {
    PutUnknown(json, "score", "the policy has no total score");
  }
  json.update({{"candidate", result.candidate},
               {"baseline", result.baseline},
               {"candidate_runs", result.candidate_runs},
               {"baseline_runs", result.baseline_runs},
               {"design", result.design},
               {"warnings", result.warnings},
               {"checks", std::move(checks)}});
  return json;
}

std::string VerdictJson(const GateResult& result) {
  return JsonText(VerdictToJson(result), JsonLayout::kPretty);
}

}  // namespace weir::reports
