#pragma once

#include <string_view>

#include "base/result.h"
#include "base/run.h"

namespace weir::scenarios {

/// Reads a demand on a whole run in k6's grammar, perhaps of one step: `p(95) < 200ms`,
/// `p99.9 < 1s`, `med`, `avg`, `min`, `max` with a duration, `error_rate < 1%`, `rate > 450/s`,
/// `list: p(99) < 400ms`. Whether the step exists is not looked at. Errors: kUsage, message
/// without place, perhaps with a second line "hint: ...".
Result<Threshold> ParseThreshold(std::string_view text);

}  // namespace weir::scenarios
