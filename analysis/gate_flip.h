#pragma once

#include <string>

#include "base/verdict.h"

namespace weir::analysis {

/// What would turn the verdict of a check, in one sentence, from its numbers alone: the tolerance
/// or limit at which it would come out otherwise, or the runs that would decide it. Empty when
/// nothing can be said.
std::string FlipOf(const GateCheck& check);

}  // namespace weir::analysis
