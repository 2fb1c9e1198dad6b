#pragma once

#include <string_view>
#include <vector>

#include "scenarios/diagnostic.h"
#include "scenarios/internal/yaml_tree.h"
#include "scenarios/scenario.h"

namespace weir::scenarios::internal {

/// `data: { users: { file: users.csv, order: random } }`. A relative file lies beside the scenario
/// `file_name`. Does not open it.
std::vector<DataSource> ReadData(const YamlNode& node, std::string_view file_name,
                                 Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
