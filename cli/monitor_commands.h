#pragma once

#include <string>

#include "base/result.h"
#include "cli/command.h"
#include "monitor/config/monitor_config.h"

namespace weir::cli {

int MonitorMain(const Arguments& arguments);
int MonitorStatusMain(const Arguments& arguments);
int MonitorAlertsMain(const Arguments& arguments);
int MonitorAckMain(const Arguments& arguments);
int MonitorMarkMain(const Arguments& arguments);
int MonitorMarksMain(const Arguments& arguments);
int MonitorSilenceMain(const Arguments& arguments);

/// `weir monitor FILE --replay DATA`.
struct MonitorReplay {
  std::string path;
  bool json = false;  ///< A line of JSON for each alert and message, the totals last.
};

/// Prints what the monitor would have said. Errors: as monitor::Replay.
Status ReplayMonitor(const monitor::MonitorConfig& config, const MonitorReplay& replay);

}  // namespace weir::cli
