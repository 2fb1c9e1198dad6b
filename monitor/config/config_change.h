#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "monitor/config/monitor_config.h"

/// What is the same in two configurations, so that a monitor that is told to go by the other one
/// need not learn it anew. Pure.
namespace weir::monitor {

/// For each rule of `now` the number of the rule of `before` that asks the same source the same,
/// and judges alike; nothing: there is none. As no two rules have one name and the same labels, no
/// rule of `before` is named twice.
std::vector<std::optional<std::size_t>> SameRules(const MonitorConfig& before,
                                                  const MonitorConfig& now);

}  // namespace weir::monitor
