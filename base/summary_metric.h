#pragma once

#include <string>
#include <string_view>

namespace weir {

/// The name under which a run keeps a number that somebody else summed up: "p95" of a run of which
/// no response time is known is the recorded metric "summary.response_time.p95" (in ns), never a
/// histogram that was made up to fit it. `metric` is as GateCheck::metric.
inline std::string SummaryMetric(std::string_view metric) {
  return "summary." + std::string(metric);
}

}  // namespace weir
