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

int ExitCodeOf(Verdict verdict, WarnExit warn) {
  switch (verdict) {
    case Verdict::kPass:
      return kExitPass;
    case Verdict::kWarn:
      return warn == WarnExit::kAsWarn ? kExitWarn : kExitPass;
    case Verdict::kInconclusive:
      return kExitInconclusive;
    case Verdict::kFail:
      return kExitFail;
  }
  return kExitInternal;
}

}  // namespace weir::cli
