#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/run.h"
#include "reports/apdex.h"

namespace weir::cli {

/// The Apdex of a run by the targets in `given`: `500ms` (the whole run if it is the only one, else
/// every step that has none of its own) and `STEP=2s`. Without any, by the `apdex:` keys of the
/// scenario that the run has kept; empty when it has none. Errors: kUsage, naming the word, and for
/// an unknown step those that there are.
Result<std::vector<reports::StepApdex>> ApdexOfRun(const Run& run,
                                                   const std::vector<std::string>& given);

}  // namespace weir::cli
