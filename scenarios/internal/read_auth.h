#pragma once

#include <string_view>
#include <vector>

#include "scenarios/diagnostic.h"
#include "scenarios/internal/yaml_tree.h"
#include "scenarios/scenario.h"

namespace weir::scenarios::internal {

inline constexpr std::string_view kAuthorization = "authorization";

/// `auth: { basic: 'user:password' }` (RFC 7617) or `auth: { bearer: TOKEN }` (RFC 6750), slots
/// allowed: adds the header to `headers`, which must not hold it.
void ReadAuth(const YamlEntry& auth, std::vector<Header>& headers, Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
