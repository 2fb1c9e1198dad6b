#pragma once

#include <span>
#include <string>
#include <vector>

#include "analysis/run_order.h"
#include "base/gate_policy.h"
#include "base/run.h"

namespace weir::analysis {

/// Whether two sides can be compared at all.
struct GateInputs {
  std::string blocker;  ///< Why not, one sentence; empty when they can be.
  std::vector<std::string> warnings;
};

/// Blockers: a side without runs, a run on both sides, a run that is not complete, a run without
/// measured requests, differing scenarios or loads, environments that differ between the sides.
/// Warnings: a late generator, an accounting that does not add up, mixed environments on both
/// sides alike, and an order of runs that weakens the verdict.
///
/// An invalid run (Run::validity) is a blocker or, with OnInvalid::kWarn, a warning; a suspect one
/// is a warning. Differing environments are a warning where the policy allows them.
struct InputRules {
  OnInvalid on_invalid = OnInvalid::kInconclusive;
  bool any_environment = false;
};

GateInputs CheckGateInputs(std::span<const Run> baseline, std::span<const Run> candidate,
                           const RunOrder& order, const InputRules& rules = {});

/// Why the runs of the candidate cannot be judged even by themselves (cut short, nothing measured,
/// invalid); empty when they can.
std::string CandidateBlocker(std::span<const Run> candidate, const InputRules& rules);

/// "run 12", or "a run" when it is not stored.
std::string RunName(const Run& run);

}  // namespace weir::analysis
