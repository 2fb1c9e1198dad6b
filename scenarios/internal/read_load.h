#pragma once

#include "scenarios/diagnostic.h"
#include "scenarios/internal/yaml_tree.h"
#include "scenarios/scenario.h"

namespace weir::scenarios::internal {

/// The map below `load:`; `owner` is the place of that key. `given`: the stages, where it does not
/// say them; empty: it must.
Load ReadLoad(const YamlNode& node, SourceSpan owner, std::vector<Stage> given,
              Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
