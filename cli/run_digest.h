#pragma once

#include <string>

#include "base/run.h"

namespace weir::cli {

/// SHA-256 in lower-case hex of everything in a run that a verdict may rest on: plan, state, times,
/// counts, whole histograms bucket by bucket, resources and certificate. The same run gives the
/// same digest for ever: fields are written in a fixed order with their lengths, numbers as 8
/// bytes, little endian. What later versions add to a run goes to the end, and only when it is
/// there.
std::string RunDigest(const Run& run);

}  // namespace weir::cli
