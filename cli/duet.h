#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "base/verdict.h"
#include "base/wall_time.h"
#include "cli/flags.h"

/// What the two forms of `weir duet`, of programs and of deployments, share.
namespace weir::cli {

/// The flags ask for a duet of deployments.
bool IsDeploymentDuet(const ParsedFlags& flags);

/// Sends the load to both, judges, records and prints; the exit code. Errors: kUsage, kUnavailable.
Result<int> RunDeploymentDuet(const ParsedFlags& flags);

/// Adds the verdict to the history at `path`. Errors: kUnavailable.
Status StoreVerdict(const std::string& path, const GateResult& result, WallTime now);

/// Prints the verdict on `pairs` pairs as the flags want it. Errors: kUnavailable, of --json.
Status SayDuet(const ParsedFlags& flags, const GateResult& result, std::size_t pairs);

}  // namespace weir::cli
