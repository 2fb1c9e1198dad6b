#pragma once

#include <span>

#include "analysis/gate_earlier.h"
#include "base/gate_policy.h"
#include "base/run.h"
#include "base/time.h"
#include "base/verdict.h"

/// The gate: is the candidate worse than the baseline by more than what matters, as far as these
/// runs can tell? RUNS are the unit: what varies from run to run is estimated and counts, so
/// more requests in a run do not make a verdict bolder than it may be. docs/verdicts.md goes
/// through the rule with numbers; it also has the measured error rates.
namespace weir::analysis {

/// Body 2 %, p99 5 %, throughput 5 %, error rate 0.1 percentage points, whole run, alpha 5 %.
GatePolicy DefaultGatePolicy();

/// The runs in question. The order inside the spans has no meaning, their started_at has.
struct GateRuns {
  std::span<const Run> baseline;
  std::span<const Run> candidate;
  std::span<const Run> history = {};  ///< For criteria that are judged by history.
  /// Gates of the past, from which the noise between runs is better known. Those that do not fit
  /// are passed over.
  std::span<const EarlierGate> earlier = {};
};

/// Judges. Never fails to answer: what cannot be judged is inconclusive, with the reason.
/// Deterministic; cost linear in buckets and runs. `now` decides which waivers still hold.
///
/// The chance that a candidate that is no worse gets kFail from the tests (Basis::kBaseline,
/// kHistory) is at most policy.alpha over all of them together: weighted Bonferroni, with shares of
/// body and mean 2, quantile 3, Apdex and resources 1, throughput and error rate 1/4. Demands have
/// no such share: each states its own limit (analysis/gate_demands.h).
/// policy: alpha in (0, 0.5], quantiles in (0, 1), tolerances > 0; a policy without criteria
/// means those of DefaultGatePolicy(), or for runs of benchmarks those of BenchmarkCriteria()
/// (analysis/benchmark_criteria.h). Not filled: the selectors `candidate` and `baseline`, and
/// the action (analysis/gate_outcome.h).
GateResult JudgeGate(const GatePolicy& policy, const GateRuns& runs, WallTime now);

/// The same without history and waivers.
GateResult JudgeGate(const GatePolicy& policy, std::span<const Run> baseline,
                     std::span<const Run> candidate);

}  // namespace weir::analysis
