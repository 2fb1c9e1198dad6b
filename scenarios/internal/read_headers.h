#pragma once

#include <string_view>
#include <vector>

#include "scenarios/diagnostic.h"
#include "scenarios/internal/yaml_tree.h"
#include "scenarios/scenario.h"

namespace weir::scenarios::internal {

/// `headers: { accept: application/json }`.
std::vector<Header> ReadHeaders(const YamlNode& node, Diagnostics& diagnostics);

/// The first one of this name; null when there is none.
const Header* FindHeader(const std::vector<Header>& headers, std::string_view name);

/// Those of the step, then the defaults that it does not replace.
std::vector<Header> MergedHeaders(std::vector<Header> own, const std::vector<Header>& defaults);

}  // namespace weir::scenarios::internal
