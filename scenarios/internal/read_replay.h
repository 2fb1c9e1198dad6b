#pragma once

#include <vector>

#include "scenarios/internal/read_flows.h"
#include "scenarios/scenario.h"

namespace weir::scenarios::internal {

/// `replay: access.log`, or a map with `file`: opens it and looks through it, and makes a flow for
/// each of its groups.
void ReadReplay(const YamlNode& node, const FlowContext& context, Scenario& scenario,
                Diagnostics& diagnostics);

/// The rates that the arrivals of a replay come to, part by part; none for one without times, or
/// for null.
std::vector<Stage> StagesOf(const ReplaySource* replay);

}  // namespace weir::scenarios::internal
