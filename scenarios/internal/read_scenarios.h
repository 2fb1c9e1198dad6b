#pragma once

#include "scenarios/diagnostic.h"
#include "scenarios/internal/read_flows.h"
#include "scenarios/internal/yaml_tree.h"
#include "scenarios/scenario.h"

namespace weir::scenarios::internal {

/// The list below `scenarios:`, several loads side by side: adds the parts of `scenario` and their
/// flows. A part that cannot be read stays without stages.
void ReadScenarios(const YamlNode& node, const FlowContext& context, Scenario& scenario,
                   Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
