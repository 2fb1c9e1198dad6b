#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/deploy.h"

namespace weir::cli {
namespace {

std::string_view EndingName(WatchEnding ending) {
  constexpr std::array<std::string_view, 3> kNames = {"inconclusive", "pass", "fail"};
  return kNames[static_cast<std::size_t>(ending)];
}

}  // namespace

std::string WatchJson(const WatchOrder& order, const WatchOutcome& outcome) {
  using Json = nlohmann::ordered_json;
  Json checks = Json::array();
  for (const GateCheck& check : outcome.checks) {
    Json one = {{"metric", check.metric},
                {"unit", check.unit},
                {"tolerance", check.tolerance},
                {"verdict", VerdictName(check.verdict)},
                {"reason", check.reason}};
    for (const auto& [name, value] :
         {std::pair{"baseline", check.baseline}, std::pair{"candidate", check.candidate},
          std::pair{"change_ratio", check.change_ratio}, std::pair{"p_value", check.p_value},
          std::pair{"alpha", check.alpha}}) {
      one[name] = value ? Json(*value) : Json();
      if (!value) {
        one[std::string(name) + "_reason"] = "not measured";
      }
    }
    checks.push_back(std::move(one));
  }
  Json triggers = Json::array();
  for (const TriggerResult& each : outcome.triggers) {
    triggers.push_back({{"trigger", each.name},
                        {"done", each.done.has_value()},
                        {"error", each.done ? "" : each.done.error().message}});
  }
  Json json = {
      {"schema", "weir.deploy_watch/1"},    {"verdict", EndingName(outcome.ending)},
      {"reason", outcome.reason},           {"service", order.facts.subject.service},
      {"build", order.facts.subject.build}, {"phase", monitor::RolloutPhaseName(outcome.phase)},
      {"watched_s", outcome.seconds}};
  json["first_worse_s"] = outcome.first_worse_s ? Json(*outcome.first_worse_s) : Json();
  if (!outcome.first_worse_s) {
    json["first_worse_s_reason"] = "no second was worse by the tolerance";
  }
  json["fired"] = outcome.fired;
  json["not_fired_reason"] = outcome.not_fired;
  json["triggers"] = std::move(triggers);
  json["checks"] = std::move(checks);
  json["recorded_verdicts"] = outcome.verdicts;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string WatchText(const WatchOutcome& outcome) {
  std::string text =
      fmt::format("{} after {} s ({}): {}\n", EndingName(outcome.ending), outcome.seconds,
                  monitor::RolloutPhaseName(outcome.phase), outcome.reason);
  for (const GateCheck& check : outcome.checks) {
    text +=
        fmt::format("  {:<20} {:<13} {}\n", check.metric, VerdictName(check.verdict), check.reason);
  }
  if (!outcome.not_fired.empty()) {
    text += fmt::format("  not rolled back: {}\n", outcome.not_fired);
  }
  for (const TriggerResult& each : outcome.triggers) {
    text += fmt::format("  {:<20} {}\n", each.name,
                        each.done ? "done" : "FAILED: " + each.done.error().message);
  }
  for (const std::int64_t id : outcome.verdicts) {
    text += fmt::format("  recorded as verdict {}\n", id);
  }
  return text;
}

}  // namespace weir::cli
