#pragma once

#include <optional>
#include <string>

#include "scenarios/diagnostic.h"
#include "scenarios/internal/values.h"

namespace weir::scenarios::internal {

/// A YAML value as compact JSON text, keys in their order. Plain scalars that are JSON numbers,
/// true, false or null are sent as such, digit for digit; everything else is a JSON string.
/// Templates are refused, and so is a quoted text that itself is JSON: it would arrive as a string.
std::optional<std::string> ReadJson(Named value, Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
