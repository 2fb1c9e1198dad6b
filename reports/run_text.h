#pragma once

#include <span>
#include <string>

#include "base/run.h"
#include "reports/apdex.h"
#include "reports/text_options.h"

namespace weir::reports {

/// What a person reads after a run: head line, thresholds, requests and their fates, rate, latency
/// table, steps (when there are several), Apdex (when there are targets), errors, resources. Lines
/// end with '\n'; none is wider than `options.width`; control characters from scenario or target
/// cannot reach the terminal. Quantiles without enough samples are "n/a" and a line below says how
/// many would do.
std::string RenderRunText(const Run& run, const TextOptions& options = {},
                          std::span<const StepApdex> apdex = {});

}  // namespace weir::reports
