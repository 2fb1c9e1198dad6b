#include "base/verdict.h"

#include "base/check.h"

namespace weir {

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kWarn:
      return "warn";
    case Verdict::kInconclusive:
      return "inconclusive";
    case Verdict::kFail:
      return "fail";
  }
  WEIR_CHECK(false);
}

std::string_view GateActionName(GateAction action) {
  switch (action) {
    case GateAction::kProceed:
      return "proceed";
    case GateAction::kHold:
      return "hold";
    case GateAction::kBlock:
      return "block";
    case GateAction::kRerun:
      return "rerun";
    case GateAction::kConfirm:
      return "confirm";
    case GateAction::kRollback:
      return "rollback";
  }
  WEIR_CHECK(false);
}

}  // namespace weir
