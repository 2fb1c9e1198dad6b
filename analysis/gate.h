#pragma once

#include <span>

#include "base/gate_policy.h"
#include "base/run.h"
#include "base/verdict.h"

/// The gate: is the candidate worse than the baseline by more than what matters, as far as these
/// runs can tell? RUNS are the unit: what varies from run to run is estimated and counts, so
/// more requests in a run do not make a verdict bolder than it may be. docs/verdicts.md goes
/// through the rule with numbers; it also has the measured error rates.
namespace weir::analysis {

/// Body 2 %, p99 5 %, throughput 5 %, error rate 0.1 percentage points, whole run, alpha 5 %.
GatePolicy DefaultGatePolicy();

/// Judges `candidate` against `baseline`; the order of the runs inside the spans has no meaning,
/// their started_at has. Never fails to answer: what cannot be judged is inconclusive, with the
/// reason. Deterministic; cost linear in buckets and runs.
///
/// The chance that a candidate that is no worse gets kFail is at most policy.alpha over all
/// criteria together (weighted Bonferroni: body 2, quantile 3, throughput and error rate 1/4 each).
/// policy: alpha in (0, 0.5], quantiles in (0, 1), tolerances > 0; a policy without criteria
/// means those of DefaultGatePolicy(). Not filled: the selectors `candidate` and `baseline`.
GateResult JudgeGate(const GatePolicy& policy, std::span<const Run> baseline,
                     std::span<const Run> candidate);

}  // namespace weir::analysis
