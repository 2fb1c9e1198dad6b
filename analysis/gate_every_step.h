#pragma once

#include "analysis/gate_context.h"

namespace weir::analysis {

/// GateCriterion::Kind::kEveryStep: no step of the plan got slower or worse by `tolerance`, whoever
/// is the one and however many there are. Steps with fewer than 200 requests in some run are left
/// out, and said so. Fails when a step, or all of them together, surely rose (CompareEveryStep) by
/// half the tolerance, or its errors by a quarter; passes when the p50 of every step surely did not
/// rise by the tolerance. Fills `check`, whose tolerance is set, with the step that decided;
/// `check.step` stays empty. `alpha` is the criterion's share of the false-fail rate.
void JudgeEveryStep(const GateContext& context, const GateCriterion& criterion, double alpha,
                    GateCheck& check);

}  // namespace weir::analysis
