#pragma once

#include <string_view>

#include "base/result.h"
#include "loadgen/pacing.h"

namespace weir::cli {

/// Reads `sleep`, `hybrid` or `spin`. Errors: kUsage.
Result<loadgen::Pacing> ParsePacing(std::string_view text);

}  // namespace weir::cli
