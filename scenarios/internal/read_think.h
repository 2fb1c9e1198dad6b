#pragma once

#include <optional>

#include "scenarios/diagnostic.h"
#include "scenarios/internal/yaml_tree.h"
#include "scenarios/scenario.h"

namespace weir::scenarios::internal {

/// `800ms`, `uniform(1s, 3s)`, `exponential(800ms)`, `lognormal(800ms, 0.5)` (median, deviation of
/// the logarithm), `pareto(1s, 2.5)` (shortest, index).
std::optional<Think> ReadThink(const YamlNode& node, Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
