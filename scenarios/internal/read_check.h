#pragma once

#include "scenarios/diagnostic.h"
#include "scenarios/internal/yaml_tree.h"
#include "scenarios/scenario.h"

namespace weir::scenarios::internal {

/// `check: { status: 200, header.content-type: /json/, body: items }`: status is `200`,
/// `[200, 201]`, `2xx` or `200..299`; header and body are a text, a /regex/ or a list of them.
Check ReadCheck(const YamlNode& node, Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
