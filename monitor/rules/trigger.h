#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "monitor/rules/gate_rule.h"

/// Rules that are judged only for a while after something has happened. Pure.
namespace weir::monitor {

enum class TriggerKind : std::uint8_t {
  kDeploy,  ///< A mark of a deployment, of a service.
  kRun,     ///< A run that finished, of a scenario.
  kAlert,   ///< An alert of another rule that fires.
};

struct TriggerSpec {
  TriggerKind kind = TriggerKind::kDeploy;
  std::string subject = {};  ///< Service, scenario or rule; empty: any (not of kAlert).
  Nanos within = std::chrono::minutes(30);

  friend bool operator==(const TriggerSpec&, const TriggerSpec&) = default;
};

/// When it happened last, until `at`; of kAlert nothing, as the history does not have it.
std::optional<WallTime> LastOf(const TriggerSpec& spec, std::span<const Happening> happened,
                               WallTime at);

/// "within 30m after a deployment of shop".
std::string DescribeTrigger(const TriggerSpec& spec);

}  // namespace weir::monitor
