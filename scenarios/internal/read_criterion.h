#pragma once

#include <cstddef>
#include <optional>

#include "base/gate_policy.h"
#include "scenarios/internal/values.h"

namespace weir::scenarios::internal {

/// One entry of `criteria` in weir's own policies. What is wrong is added to the diagnostics.
GateCriterion ReadCriterion(const YamlNode& node, Diagnostics& diagnostics);

/// A ratio above 0 and at most `high`.
std::optional<double> ReadShare(Named value, double high, Diagnostics& diagnostics);

/// `true` or `false`.
std::optional<bool> ReadFlag(Named value, Diagnostics& diagnostics);

/// A number from 0 to 1000.
std::optional<double> ReadWeight(Named value, Diagnostics& diagnostics);

inline constexpr std::size_t kPolicyNameBytesMax = 200;

}  // namespace weir::scenarios::internal
