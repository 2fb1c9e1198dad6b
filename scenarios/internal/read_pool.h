#pragma once

#include "scenarios/internal/yaml_tree.h"
#include "scenarios/scenario.h"

namespace weir::scenarios::internal {

/// Reads `connections:` of a load into `load`: a number, or a map with `max` and how connections
/// are kept (scenarios/pool.h).
void ReadConnections(const YamlNode& node, Load& load, Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
