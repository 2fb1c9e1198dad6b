#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/gate_policy.h"
#include "scenarios/internal/values.h"

namespace weir::scenarios::internal {

/// The keys of a policy's root that ReadActions reads.
std::span<const std::string_view> ActionKeys();

/// on_fail, on_inconclusive, on_error, dry_run of a policy's root.
GateActions ReadActions(const YamlNode& root, Diagnostics& diagnostics);

/// A list of waivers: `metric`, `owner`, `reason`, `until`, and perhaps `step`.
std::vector<Waiver> ReadWaivers(const YamlNode& node, Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
