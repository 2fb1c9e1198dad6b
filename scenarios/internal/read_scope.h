#pragma once

#include "base/gate_policy.h"
#include "scenarios/internal/values.h"

namespace weir::scenarios::internal {

/// `tags: { kind: api }`, `part: first_byte` and `during: 30s..90s` of a criterion whose metric and
/// other options are read. What is wrong is added to the diagnostics.
void ReadScope(const YamlNode& map, GateCriterion& criterion, Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
