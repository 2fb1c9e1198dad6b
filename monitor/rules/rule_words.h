#pragma once

#include <span>
#include <string>
#include <string_view>

#include "monitor/rules/rule_engine.h"

namespace weir::monitor {

/// A rule in words, as `shop errors_total, rate of 5m: above 0.01 for 1m`. `sources`: their names
/// by number.
std::string DescribeRule(const AlertRule& rule, std::span<const std::string_view> sources);

}  // namespace weir::monitor
