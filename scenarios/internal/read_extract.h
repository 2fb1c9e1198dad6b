#pragma once

#include <vector>

#include "scenarios/diagnostic.h"
#include "scenarios/internal/yaml_tree.h"
#include "scenarios/scenario.h"

namespace weir::scenarios::internal {

/// `extract: { product: json $.items[0].id, token: header x-token }`.
std::vector<Extraction> ReadExtractions(const YamlNode& node, Diagnostics& diagnostics);

/// Whether slots can name it: a letter or '_', then letters, digits and '_'; at most 60.
bool IsVariableName(std::string_view name);

}  // namespace weir::scenarios::internal
