#pragma once

#include "monitor/config/config_reader.h"

/// The engines of rules.
namespace weir::monitor {

/// What a rule with an engine is read from.
struct EngineNode {
  const scenarios::YamlNode& rule;
  SourceSpec* source = nullptr;  ///< Null: weir's own.
};

/// Reads `burn_rate`, `anomaly` or `predict` of a rule into `rule.engine`, if one is there.
void ReadEngine(const ConfigReader& reader, const EngineNode& node, AlertRule& rule);

/// Reads `gate` of a rule.
GateSpec ReadGate(const ConfigReader& reader, const scenarios::YamlNode& node);

/// Adds a query to those that a source is asked, unless it is there; its number.
std::size_t AddQuery(SourceSpec& source, const std::string& query);

/// `NAME` or `NAME{label="value"}`. Errors: kUsage.
Result<SeriesSelector> ReadSelector(std::string_view text);

}  // namespace weir::monitor
