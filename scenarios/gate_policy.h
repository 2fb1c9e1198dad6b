#pragma once

#include <string>
#include <string_view>

#include "base/gate_policy.h"
#include "base/result.h"

namespace weir::scenarios {

/// A gate policy file:
///
///     candidate: build:b7          # optional
///     baseline: build:b6           # optional
///     alpha: 5%                    # optional: false-fail rate of the whole verdict
///     on_invalid: inconclusive     # optional: or warn; what a run that is invalid does
///     criteria:                    # optional: without it the default policy
///       - response_time: p99       # or body (alias mean), p50, p90, p95, p999, p99.9, ...
///         tolerance: 5%
///         step: list               # optional
///       - throughput
///       - error_rate: { tolerance: 0.1% }
struct GatePolicyFile {
  std::string candidate;  ///< Selector; empty = not said.
  std::string baseline;   ///< Selector; empty = not said.
  GatePolicy policy;
};

/// Errors: kUsage, all errors of the file with their places (scenarios/diagnostic.h).
Result<GatePolicyFile> ReadGatePolicy(std::string_view text, std::string_view file_name);

/// Errors: kUsage, also for a file that is missing, unreadable, a directory or too large.
Result<GatePolicyFile> ReadGatePolicyFile(const std::string& path);

}  // namespace weir::scenarios
