#pragma once

#include <string>

#include "base/run.h"
#include "reports/text_options.h"

namespace weir::reports {

/// What the watched target of a run used, as a table under a title: counters by their growth,
/// levels by their last value and peak. Empty when nothing was seen.
std::string RenderTarget(const Run& run, const TextOptions& options);

}  // namespace weir::reports
