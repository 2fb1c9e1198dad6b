#pragma once

#include <optional>
#include <span>
#include <string>

#include "analysis/apdex.h"
#include "base/time.h"
#include "reports/text_options.h"

namespace weir::reports {

/// The Apdex of one step with the target that it was rated by.
struct StepApdex {
  std::string step;                      ///< Empty = the whole run.
  Nanos t{0};                            ///< > 0.
  std::optional<analysis::Apdex> apdex;  ///< None: no request.
};

/// A table, one line a step, and one for all steps together when there are several. Empty without
/// `steps`. Scores of fewer than 100 requests carry a "*", as the standard demands.
std::string RenderApdex(std::span<const StepApdex> steps, const TextOptions& options);

}  // namespace weir::reports
