#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "target/truth_writer.h"

namespace weir::target {

/// The rows of a truth file, in its order (that of the answers). Whole file in memory.
/// Errors: kUnavailable (cannot be read; a line that no target has written, with its number).
Result<std::vector<TruthRow>> ReadTruth(const std::string& path);

}  // namespace weir::target
