#pragma once

#include "scenarios/diagnostic.h"
#include "scenarios/internal/yaml_tree.h"
#include "scenarios/scenario.h"

namespace weir::scenarios::internal {

/// The map below `load:`; `owner` is the place of that key.
Load ReadLoad(const YamlNode& node, SourceSpan owner, Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
