#pragma once

#include <vector>

#include "base/run.h"
#include "scenarios/internal/values.h"

namespace weir::scenarios::internal {

/// `tags: { kind: api }` of a step; none when it has none. What is wrong is added to the
/// diagnostics.
std::vector<Tag> ReadTags(const YamlNode& step, Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
