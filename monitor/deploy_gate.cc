#include "monitor/deploy_gate.h"

#include <array>

namespace weir::monitor {

std::string_view GateStateName(GateState state) {
  constexpr std::array<std::string_view, kGateStateCount> kNames = {"pass", "warn", "running",
                                                                    "inconclusive", "fail"};
  return kNames[static_cast<std::size_t>(state)];
}

GateState StateOf(const GateResult& result) {
  switch (result.action) {
    case GateAction::kProceed:
      return result.verdict == Verdict::kPass ? GateState::kPass : GateState::kWarn;
    case GateAction::kBlock:
    case GateAction::kRollback:
      return GateState::kFail;
    case GateAction::kHold:
    case GateAction::kRerun:
    case GateAction::kConfirm:
      break;
  }
  return GateState::kInconclusive;
}

}  // namespace weir::monitor
