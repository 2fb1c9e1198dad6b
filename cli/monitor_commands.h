#pragma once

#include "cli/command.h"

namespace weir::cli {

int MonitorMain(const Arguments& arguments);
int MonitorStatusMain(const Arguments& arguments);

}  // namespace weir::cli
