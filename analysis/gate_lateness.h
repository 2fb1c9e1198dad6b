#pragma once

#include <string>

#include "analysis/effect.h"
#include "analysis/gate_context.h"
#include "analysis/run_series.h"
#include "base/gate_policy.h"
#include "base/verdict.h"

/// What the generator's own lateness may have done to a check of latencies.
namespace weir::analysis {

/// The test that decided a check, so that it can be asked again with the lateness taken out.
struct DecidedBy {
  Effect effect;        ///< Of what was tested.
  double p_factor = 1;  ///< What its p-value is multiplied by.
};

/// Why the lateness spoils the verdict of `check`; empty when it does not. Lateness that is the
/// same on both sides is noise and is in the error already. Otherwise the verdict has to hold
/// without what the lateness may have done: a fail or warning when a rise of it is taken off the
/// effect, a pass when a fall of it is put on. Lateness above half the latency spoils every check.
///
/// `check.verdict` and `check.baseline` are set. The amount: for the body twice the mean send lag,
/// each at most the p95 of the response times, since a generator that sends late reads late by as
/// much; for a quantile the send lag at p99, which is the most that it can be there.
/// Measured: docs/verdicts.md.
std::string LatenessTrouble(const Sides& sides, const GateCriterion& criterion,
                            const Evidence& evidence, const DecidedBy& decided,
                            const GateCheck& check);

}  // namespace weir::analysis
