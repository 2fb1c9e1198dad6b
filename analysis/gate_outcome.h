#pragma once

#include <string>

#include "base/gate_policy.h"
#include "base/time.h"
#include "base/verdict.h"

/// From the checks to the verdict, and from the verdict to what is to be done.
namespace weir::analysis {

/// Marks the checks that a waiver lets through (GateCheck::waiver), with a warning for every waiver
/// that ran out before `now` and would have been needed.
void ApplyWaivers(const GatePolicy& policy, WallTime now, GateResult& result);

/// Sets verdict, reason and score. A check that is waived counts as warn; one of weight 0 does not
/// count. Without a ScoreRule the worst check is the verdict: fail, inconclusive, warn, pass. With
/// one, pass counts its weight, warn half of it, and an inconclusive check anything from nothing to
/// all: where that leaves the sum on both sides of a limit, the verdict is inconclusive. A key
/// check that fails is a fail, one that is inconclusive keeps the verdict from being better than
/// that. `blocker`: why the sides cannot be compared; empty when they can.
void Conclude(const GatePolicy& policy, const std::string& blocker, GateResult& result);

/// What has gone before for the same candidate under the same policy.
struct GateHistory {
  int inconclusive_in_a_row = 0;  ///< Directly before this verdict.
  bool failed_before = false;     ///< A fail waits to be confirmed, and this verdict judges only
                                  ///< runs that it did not judge.
};

/// Sets action and action_reason.
void Act(const GateActions& actions, const GateHistory& history, GateResult& result);

}  // namespace weir::analysis
