#pragma once

#include "base/result.h"
#include "base/verdict.h"

namespace weir::cli {

/// What the process says to whoever started it. Part of the contract with CI systems: never
/// renumber. A regression and an operational error never share a code.
enum ExitCode : int {
  kExitPass = 0,
  kExitUsage = 2,
  kExitFail = 10,          ///< Gate or threshold.
  kExitInconclusive = 11,  ///< Also: an invalid measurement.
  kExitWarn = 12,          ///< Only with --warn-exit.
  kExitUnavailable = 69,   ///< Target, source or store (EX_UNAVAILABLE of sysexits.h).
  kExitInternal = 70,      ///< EX_SOFTWARE.
  kExitInterrupted = 130,  ///< 128 + SIGINT, as shells do.
};

int ExitCodeOf(const Error& error);

enum class WarnExit : bool { kAsPass, kAsWarn };

/// Of a verdict under its policy: 10 to block or roll back, 11 to hold, run again or confirm. What
/// proceeds is 0; with kAsWarn 12, if it is no pass.
int ExitCodeOf(const GateResult& result, WarnExit warn);

}  // namespace weir::cli
