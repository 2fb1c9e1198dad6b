#pragma once

#include <cstdint>
#include <string>

#include "base/gate_policy.h"
#include "base/result.h"
#include "base/verdict.h"
#include "cli/gate_case.h"
#include "store/history.h"

/// How a GateCase is filled from the history and how its verdict gets there: what `weir gate` and
/// the gate behind `weir serve` share.
namespace weir::cli {

/// The file `name`; empty for an empty name. Errors: as ReadPolicyText.
Result<GivenFile> ReadGivenFile(const std::string& name);

/// False when the policy has absolute limits only: they need nothing beside the candidate.
bool NeedsBaseline(const scenarios::GatePolicyFile& file);

/// Finds the runs of all sides by their selectors, looks back at earlier verdicts on the same
/// candidate, as far as `policy` asks for that, and finds the gates of the past that tell of noise
/// (cli/gate_earlier.h). `scenario`: only runs of this one; empty = any. Errors: as SelectRuns and
/// SelectBaseline.
Status CollectCase(store::Store& store, const std::string& scenario, const GatePolicy& policy,
                   GateCase& gate_case);

/// Adds the verdict on the case to the history at `path`, sealed; its number. Errors: kUnavailable.
Result<std::int64_t> RecordCase(const std::string& path, const GateCase& gate_case,
                                const GateResult& result);

}  // namespace weir::cli
