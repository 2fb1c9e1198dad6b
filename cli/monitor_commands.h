#pragma once

#include "cli/command.h"

namespace weir::cli {

int MonitorMain(const Arguments& arguments);
int MonitorStatusMain(const Arguments& arguments);
int MonitorAlertsMain(const Arguments& arguments);
int MonitorAckMain(const Arguments& arguments);
int MonitorSilenceMain(const Arguments& arguments);

}  // namespace weir::cli
