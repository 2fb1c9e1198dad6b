#pragma once

#include <vector>

#include "base/time.h"
#include "monitor/alert_desk.h"
#include "monitor/crew.h"
#include "monitor/gate_news.h"
#include "monitor/monitor_report.h"

/// How those are who work, and how alerts stand: the parts of a MonitorReport. They change nothing.
namespace weir::monitor {

/// By number of source. A source that never was looked at is as old as `started_at`.
std::vector<SourceReport> LookAtSources(const Crew& crew, Instant now, Instant started_at);

/// Fills in engines, channels, pages and the number of rules; `report.sources` are those of the
/// crew, and `report.gates` is what they know.
void ReportCrew(const Crew& crew, MonitorReport& report);

/// Fills in alerts, what people said of them, and forecasts, at `report.at`; `report.engines` are
/// there. `config` is that of the desk.
void ReportDesk(const AlertDesk& desk, const MonitorConfig& config, MonitorReport& report);

}  // namespace weir::monitor
