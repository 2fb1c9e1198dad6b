#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "monitor/monitor_report.h"

/// What a monitor says of itself to Prometheus.
namespace weir::monitor {

/// What this process has used; nothing where the kernel does not tell.
struct ProcessUse {
  std::optional<double> cpu_s;
  std::optional<std::uint64_t> resident_bytes;
};

/// Of /proc/self.
ProcessUse ReadProcessUse();

/// Text format 0.0.4. Checked against: `promtool check metrics` and a Prometheus that scrapes it,
/// tests/integration/monitor_status_test.py.
std::string ReportMetrics(const MonitorReport& report, const ProcessUse& use);

}  // namespace weir::monitor
