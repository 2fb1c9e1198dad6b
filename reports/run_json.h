#pragma once

#include <span>
#include <string>

#include "base/run.h"
#include "reports/apdex.h"

namespace weir::reports {

/// The run as one JSON object, schema "weir.run/1": pretty-printed, UTF-8, ends with a newline.
/// Statistics are over Phase::kMeasure; the warm-up stands beside.
///
/// A value that cannot be known is null, and a key with the suffix `_reason` beside it says why.
/// Names in "lower_bounds" are values that only bound the truth from below (time-outs, unfinished
/// requests). Bytes that are not UTF-8 become U+FFFD; the '<' of "</" and "<!" is written as
/// \u003c, so that the text may stand in a script element.
/// "apdex" is ApdexToJson, or null with a reason when `apdex` is empty.
/// Cost: linear in the steps times the span of their histograms.
std::string RunJson(const Run& run, std::span<const StepApdex> apdex = {});

}  // namespace weir::reports
