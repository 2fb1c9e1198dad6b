#pragma once

#include "analysis/gate_context.h"

/// The tests of a candidate against its baseline, one for each kind of metric. Each fills values,
/// change, interval, p-value, verdict and reason of `check`, whose metric, step and tolerance are
/// set; `alpha` is the criterion's share of the false-fail rate.
namespace weir::analysis {

/// kResponseBody, kResponseQuantile.
void JudgeLatency(const GateContext& context, const Sides& sides, const GateCriterion& criterion,
                  double alpha, GateCheck& check);

void JudgeThroughput(const GateContext& context, const Sides& sides, const GateCriterion& criterion,
                     double alpha, GateCheck& check);

void JudgeErrors(const GateContext& context, const Sides& sides, const GateCriterion& criterion,
                 double alpha, GateCheck& check);

/// kResponseMean, kApdex, kResource: one plain number per run (analysis/criterion_value.h), of
/// whose noise inside a run nothing is assumed.
void JudgePlain(const GateContext& context, const GateCriterion& criterion, double alpha,
                GateCheck& check);

}  // namespace weir::analysis
