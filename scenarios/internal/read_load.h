#pragma once

#include "scenarios/diagnostic.h"
#include "scenarios/internal/yaml_tree.h"
#include "scenarios/scenario.h"

namespace weir::scenarios::internal {

/// The map below `load:`; `owner` is the place of that key. `given`: the stages, where it does not
/// say them; empty: it must.
Load ReadLoad(const YamlNode& node, SourceSpan owner, std::vector<Stage> given,
              Diagnostics& diagnostics);

/// The map below the `load:` of one of several scenarios: its stages, arrivals and rounds.
Load ReadPartLoad(const YamlNode& node, SourceSpan owner, Diagnostics& diagnostics);

/// The map below the `load:` beside `scenarios:`, what they have in common; null: there is none.
/// `scenario` has its parts, and those that could not be read have no stages. `list` is the place
/// of their list.
void ReadSharedLoad(const YamlNode* node, SourceSpan list, Scenario& scenario,
                    Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
