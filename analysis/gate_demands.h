#pragma once

#include "analysis/gate_context.h"

namespace weir::analysis {

/// Holds the demands of a criterion (GateCriterion::Basis::kDemands) against the runs. Three-valued
/// like everything here: a demand surely holds, surely does not, or cannot be told; a set holds
/// when all of it does, and one set is enough.
///
/// By DemandRule::kInterval a demand is held against the 90 % interval over runs: of the
/// candidate's value (three runs at least; with fewer, all of them must agree), of the change
/// (three runs a side at least, same estimate as the tests). By kPoint against the mean of the
/// runs' values and the aggregate of the baseline's. A baseline of 0: no change from 0 to 0, else
/// an infinite one.
///
/// A demand on a change without a baseline is what policy.on_no_baseline says; with one that cannot
/// be compared it cannot be told. Fills everything of `check` but what the policy states.
void JudgeDemands(const GateContext& context, const GatePolicy& policy,
                  const GateCriterion& criterion, GateCheck& check);

/// "<=+10% and <600, or <=+1%; warns <=800": what a policy wrote.
std::string DemandText(const GateCriterion& criterion);

}  // namespace weir::analysis
