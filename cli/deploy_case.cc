#include "cli/deploy_case.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/text.h"
#include "cli/environment.h"
#include "cli/version.h"
#include "reports/verdict_json.h"
#include "store/history.h"

namespace weir::cli {
namespace {

using Json = nlohmann::ordered_json;
using Phase = monitor::Rollout::Phase;

constexpr std::string_view kSchema = "weir.deploy_inputs/1";

constexpr std::array kActions = {GateAction::kProceed, GateAction::kHold,    GateAction::kBlock,
                                 GateAction::kRerun,   GateAction::kConfirm, GateAction::kRollback};

Json MaybeToJson(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

std::optional<double> MaybeFrom(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.get<double>());
}

Json SecondsToJson(const std::vector<analysis::CanarySecond>& all) {
  Json seconds = Json::array();
  for (const analysis::CanarySecond& second : all) {
    seconds.push_back(
        Json::array({MaybeToJson(second.stable_log_ns), MaybeToJson(second.canary_log_ns),
                     second.stable_wrong_ratio, second.canary_wrong_ratio}));
  }
  return seconds;
}

std::vector<analysis::CanarySecond> SecondsFrom(const Json& json) {
  std::vector<analysis::CanarySecond> seconds;
  for (const Json& second : json) {
    seconds.push_back({.stable_log_ns = MaybeFrom(second.at(0)),
                       .canary_log_ns = MaybeFrom(second.at(1)),
                       .stable_wrong_ratio = second.at(2).get<double>(),
                       .canary_wrong_ratio = second.at(3).get<double>()});
  }
  return seconds;
}

GateAction ActionFrom(const std::string& name) {
  const auto found = std::find_if(kActions.begin(), kActions.end(), [&](GateAction action) {
    return GateActionName(action) == name;
  });
  return found == kActions.end() ? GateAction::kHold : *found;
}

ReadWatch FromJson(const Json& json) {
  ReadWatch read;
  WatchCase& watch = read.watch;
  read.weir_version = json.at("weir_version").get<std::string>();
  watch.decided_at = WallTime(Nanos(json.at("decided_at_ns").get<std::int64_t>()));
  watch.policy = {.name = json.at("policy").at("name").get<std::string>(),
                  .text = json.at("policy").at("text").get<std::string>()};
  for (const auto& [key, text] :
       {std::pair{"service", &watch.service}, std::pair{"build", &watch.build},
        std::pair{"environment", &watch.environment}, std::pair{"stable", &watch.stable_url},
        std::pair{"canary", &watch.canary_url}, std::pair{"did", &watch.did}}) {
    *text = json.at(key).get<std::string>();
  }
  const Json& rule = json.at("rule");
  watch.rule = {.alpha = rule.at("alpha").get<double>(),
                .response_tolerance = rule.at("response_tolerance").get<double>(),
                .error_tolerance = rule.at("error_tolerance").get<double>(),
                .seconds_max = rule.at("seconds_max").get<std::uint32_t>()};
  watch.rollout = {.looks_in_a_row = rule.at("looks_in_a_row").get<int>(),
                   .after = Nanos(rule.at("after_ns").get<std::int64_t>())};
  watch.phase = json.at("phase") == monitor::RolloutPhaseName(Phase::kPromoted) ? Phase::kPromoted
                                                                                : Phase::kCanary;
  watch.window_over = json.at("window_over").get<bool>();
  watch.action = ActionFrom(json.at("action").get<std::string>());
  watch.seconds_left_out = json.at("seconds_left_out").get<std::uint64_t>();
  watch.seconds = SecondsFrom(json.at("seconds"));
  return read;
}

// What a test can be made with: a record is not trusted.
bool IsSound(const WatchCase& watch) {
  const analysis::CanaryRule& rule = watch.rule;
  return rule.alpha > 0 && rule.alpha <= 0.5 && rule.response_tolerance > 0 &&
         rule.error_tolerance > 0 && rule.seconds_max > 0 && watch.rollout.looks_in_a_row > 0;
}

const GateCheck* FirstOf(const std::vector<GateCheck>& checks, Verdict verdict) {
  const auto found = std::find_if(checks.begin(), checks.end(),
                                  [&](const GateCheck& check) { return check.verdict == verdict; });
  return found == checks.end() ? nullptr : &*found;
}

std::string ReasonOf(const WatchCase& watch, const WatchEvidence& evidence, Verdict verdict) {
  const std::size_t seconds = watch.seconds.size() + watch.seconds_left_out;
  switch (verdict) {
    case Verdict::kFail: {
      const GateCheck* worse = FirstOf(evidence.checks, Verdict::kFail);
      return worse == nullptr ? "the canary is surely worse" : worse->reason;
    }
    case Verdict::kPass:
      return watch.window_over ? fmt::format("not worse in {} after the promotion",
                                             FormatDuration(watch.rollout.after))
                               : "surely not worse by what would matter";
    case Verdict::kWarn:
    case Verdict::kInconclusive:
      break;
  }
  return evidence.verdict == Verdict::kFail
             ? fmt::format("worse in the last {} of the looks, and {} in a row count",
                           evidence.fails_in_a_row, watch.rollout.looks_in_a_row)
             : fmt::format("neither worse nor surely as good in {} s", seconds);
}

}  // namespace

void Follow(Verdict verdict, WatchEvidence& evidence) {
  evidence.verdict = verdict;
  evidence.fails_in_a_row = verdict == Verdict::kFail ? evidence.fails_in_a_row + 1 : 0;
}

WatchEvidence EvidenceOf(const WatchCase& watch) {
  WEIR_CHECK(watch.seconds_left_out == 0);
  analysis::CanaryTest test(watch.rule);
  WatchEvidence evidence;
  for (const analysis::CanarySecond& second : watch.seconds) {
    test.Add(second);
    Follow(test.verdict(), evidence);
  }
  evidence.checks = test.Checks();
  return evidence;
}

GateResult ResultOf(const WatchCase& watch, const WatchEvidence& evidence) {
  GateResult result;
  const bool worse = evidence.fails_in_a_row >= watch.rollout.looks_in_a_row;
  const bool passed = watch.phase == Phase::kPromoted
                          ? watch.window_over && evidence.verdict != Verdict::kFail
                          : evidence.verdict == Verdict::kPass;
  result.verdict = worse ? Verdict::kFail : passed ? Verdict::kPass : Verdict::kInconclusive;
  result.reason = ReasonOf(watch, evidence, result.verdict);
  result.candidate = watch.build.empty() ? watch.canary_url : "build:" + watch.build;
  result.baseline = watch.stable_url;
  result.design = "canary";
  result.checks = evidence.checks;
  result.action = watch.action;
  result.action_reason = watch.did;
  return result;
}

std::string WatchInputsText(const WatchCase& watch) {
  const Json json = {{"schema", kSchema},
                     {"weir_version", kVersion},
                     {"decided_at_ns", CountNs(watch.decided_at)},
                     {"policy",
                      {{"name", watch.policy.name},
                       {"sha256", Sha256(watch.policy.text)},
                       {"text", watch.policy.text}}},
                     {"service", watch.service},
                     {"build", watch.build},
                     {"environment", watch.environment},
                     {"stable", watch.stable_url},
                     {"canary", watch.canary_url},
                     {"rule",
                      {{"alpha", watch.rule.alpha},
                       {"response_tolerance", watch.rule.response_tolerance},
                       {"error_tolerance", watch.rule.error_tolerance},
                       {"seconds_max", watch.rule.seconds_max},
                       {"looks_in_a_row", watch.rollout.looks_in_a_row},
                       {"after_ns", watch.rollout.after.count()}}},
                     {"phase", monitor::RolloutPhaseName(watch.phase)},
                     {"window_over", watch.window_over},
                     {"action", GateActionName(watch.action)},
                     {"did", watch.did},
                     {"seconds_left_out", watch.seconds_left_out},
                     {"seconds", SecondsToJson(watch.seconds)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<ReadWatch> ParseWatchInputs(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("schema", Json()) != kSchema) {
    return std::nullopt;
  }
  // at() and get() throw on another shape; nothing of theirs leaves this function.
  try {
    ReadWatch read = FromJson(json);
    return IsSound(read.watch) ? std::optional(std::move(read)) : std::nullopt;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

Result<std::int64_t> RecordWatch(const std::string& path, const WatchCase& watch,
                                 const WatchEvidence& evidence) {
  auto store = store::Store::OpenForWriting(path);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const GateResult result = ResultOf(watch, evidence);
  const store::VerdictSeal seal = {
      .inputs = WatchInputsText(watch), .answer = reports::VerdictJson(result), .sha256 = Sha256};
  return (*store)->AppendVerdict(result, watch.decided_at, seal);
}

}  // namespace weir::cli
