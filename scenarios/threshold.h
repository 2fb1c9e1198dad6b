#pragma once

#include <chrono>
#include <string_view>

#include "base/result.h"
#include "base/run.h"

namespace weir::scenarios {

/// Reads a demand on a run in k6's grammar:
///
///     [STEP:] METRIC[{tag:value}] OP LIMIT [over TIME] [abort after TIME]
///
/// METRIC: `p(95)`, `p99.9`, `med`, `avg`, `min`, `max` with a duration, of the response time, or
/// after `send_lag` or `service_time` of these; `error_rate < 1%`, `rate > 450/s`, `count >= 1000`,
/// `achieved >= 99%`, `value(process_memory_bytes) < 500MB`, `validity >= suspect`. Times are whole
/// seconds, windows at most kThresholdWindowMax. Whether the step or a tag exists is not looked at.
/// Errors: kUsage, message without place, perhaps with a second line "hint: ...".
Result<Threshold> ParseThreshold(std::string_view text);

inline constexpr Nanos kThresholdWindowMax = std::chrono::minutes(10);

/// It has a window or an end: it is looked at while the run goes on.
inline bool NeedsSeconds(const Threshold& threshold) {
  return threshold.window > Nanos(0) || threshold.abort_after > Nanos(0);
}

/// Whether `text` may be the name or the value of a tag: 1 to 64 letters, digits, '_', '-', '.',
/// '/'.
bool IsTagWord(std::string_view text);

}  // namespace weir::scenarios
