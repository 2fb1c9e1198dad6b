#pragma once

#include <string>

#include "base/verdict.h"

namespace weir::reports {

/// The verdict as one JSON object, schema "weir.verdict/1"; the same rules as RunJson
/// (reports/run_json.h): null with a `_reason` beside it where a number is not known.
std::string VerdictJson(const GateResult& result);

}  // namespace weir::reports
