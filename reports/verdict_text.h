#pragma once

#include <string>

#include "base/verdict.h"
#include "reports/text_options.h"

namespace weir::reports {

/// The verdict in one line, its reason in one sentence, the table of checks, the warnings.
/// Same layout rules as RenderRunText.
std::string RenderVerdictText(const GateResult& result, const TextOptions& options = {});

}  // namespace weir::reports
