#include "monitor/rules/gate_rule.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/rules/alert_text.h"

namespace weir::monitor {

Labels StandingVerdict::labels() const {
  Labels labels;
  for (const auto& [name, value] : {std::pair{"scenario", &scenario},
                                    std::pair{"service", &service}, std::pair{"build", &build}}) {
    if (!value->empty()) {
      labels.emplace(name, *value);
    }
  }
  return labels;
}

bool GateSpec::IsBad(const StandingVerdict& standing, WallTime at) const {
  const bool about_it = service.empty() ? scenario.empty() || scenario == standing.scenario
                                        : service == standing.service;
  return about_it && at - standing.at <= keep &&
         std::find(verdicts.begin(), verdicts.end(), standing.verdict) != verdicts.end();
}

void GateJudge::Put(const StandingVerdict& standing) {
  verdict_ = standing.verdict;
  why_ = Printable(standing.why, 1000);
}

std::optional<bool> GateJudge::Holds(AlertPhase /*phase*/) const {
  return verdict_ ? std::optional(true) : std::nullopt;
}

std::optional<double> GateJudge::value() const {
  return verdict_ ? std::optional(static_cast<double>(*verdict_)) : std::nullopt;
}

std::string_view GateJudge::value_word() const {
  return verdict_ ? VerdictName(*verdict_) : std::string_view();
}

std::string DescribeGate(const GateSpec& spec) {
  std::string verdicts;
  for (const Verdict verdict : spec.verdicts) {
    verdicts += fmt::format("{}{}", verdicts.empty() ? "" : " or ", VerdictName(verdict));
  }
  const std::string whose = !spec.service.empty()    ? "service " + spec.service
                            : !spec.scenario.empty() ? "scenario " + spec.scenario
                                                     : "any scenario or service";
  return fmt::format("the newest verdict of {}: {}, not older than {}", whose, verdicts,
                     FormatAlertSpan(spec.keep));
}

}  // namespace weir::monitor
