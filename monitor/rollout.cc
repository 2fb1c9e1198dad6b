#include "monitor/rollout.h"

namespace weir::monitor {

RolloutAct Rollout::Step(Instant now, Verdict verdict, bool promoted) {
  fails_in_a_row_ = verdict == Verdict::kFail ? fails_in_a_row_ + 1 : 0;
  if (fails_in_a_row_ >= rules_.looks_in_a_row) {
    return RolloutAct::kRollBack;
  }
  if (phase_ == Phase::kCanary) {
    if (!promoted && verdict != Verdict::kPass) {
      return RolloutAct::kGoOn;
    }
    phase_ = Phase::kPromoted;
    promoted_at_ = now;
    return RolloutAct::kPromote;
  }
  return now - promoted_at_ >= rules_.after && verdict != Verdict::kFail ? RolloutAct::kPassed
                                                                         : RolloutAct::kGoOn;
}

std::string_view RolloutPhaseName(Rollout::Phase phase) {
  return phase == Rollout::Phase::kCanary ? "canary" : "promoted";
}

}  // namespace weir::monitor
