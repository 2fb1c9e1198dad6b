#pragma once

#include <cstdint>
#include <string>

#include "base/gate_policy.h"
#include "base/run.h"

namespace weir::cli {

/// Verdicts rest on the parts of response times (LatencyPart) only when their policy asks for one.
enum class DigestScope : std::uint8_t { kAllButParts, kWithParts };

/// kWithParts when a criterion of `policy` asks for a part.
DigestScope DigestScopeOf(const GatePolicy& policy);

/// SHA-256 in lower-case hex of everything in a run that a verdict may rest on: plan, state, times,
/// counts, whole histograms bucket by bucket, resources and certificate. The same run gives the
/// same digest for ever: fields are written in a fixed order with their lengths, numbers as 8
/// bytes, little endian. What later versions add to a run goes to the end, and only when it is
/// there.
std::string RunDigest(const Run& run, DigestScope scope = DigestScope::kAllButParts);

}  // namespace weir::cli
