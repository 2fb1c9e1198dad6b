#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/gate_policy.h"
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

/// The policy of --policy; no value without the flag. Errors: as ReadGatePolicyFile.
Result<std::optional<GatePolicy>> ReadDuetPolicy(const ParsedFlags& flags);

/// Where runs and verdict are recorded; empty with --no-store. Errors: as StorePath.
Result<std::string> ReadDuetStore(const ParsedFlags& flags);

/// Adds the verdict to the history at `path`. Errors: kUnavailable.
Status StoreVerdict(const std::string& path, const GateResult& result, WallTime now);

/// Prints the verdict on `pairs` pairs as the flags want it. Errors: kUnavailable, of --json.
Status SayDuet(const ParsedFlags& flags, const GateResult& result, std::size_t pairs);

}  // namespace weir::cli
