#pragma once

#include "cli/command.h"

namespace weir::cli {

/// `weir gate replay` and `weir gate verify`; as the functions in cli/command.h.
int GateReplayMain(const Arguments& arguments);
int GateVerifyMain(const Arguments& arguments);

}  // namespace weir::cli
