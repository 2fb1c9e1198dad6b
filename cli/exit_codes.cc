#include "cli/exit_codes.h"

namespace weir::cli {

int ExitCodeOf(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kUsage:
      return kExitUsage;
    case ErrorKind::kUnavailable:
      return kExitUnavailable;
    case ErrorKind::kInternal:
      break;
  }
  return kExitInternal;
}

int ExitCodeOf(const GateResult& result, WarnExit warn) {
  switch (result.action) {
    case GateAction::kProceed:
      return result.verdict != Verdict::kPass && warn == WarnExit::kAsWarn ? kExitWarn : kExitPass;
    case GateAction::kHold:
    case GateAction::kRerun:
    case GateAction::kConfirm:
      return kExitInconclusive;
    case GateAction::kBlock:
    case GateAction::kRollback:
      return kExitFail;
  }
  return kExitInternal;
}

}  // namespace weir::cli
