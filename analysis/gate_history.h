#pragma once

#include "analysis/gate_context.h"

namespace weir::analysis {

/// Runs of the history that a judgement by it needs.
inline constexpr std::size_t kHistoryRunsForTest = 6;

/// Judges the candidate by how runs of the history vary (GateCriterion::Basis::kHistory): the mean
/// of its k runs is as far from the mean of the history's n as chance allows when it lies within
/// t(n - 1) * s * sqrt(1/n + 1/k), s being the standard deviation of the history alone. So one run
/// of a candidate can be judged, which a comparison with a baseline cannot do. The rule of Decide
/// applies, with `alpha` the criterion's share.
///
/// Assumes that the history is of one level and its runs independent: a level that drifts counts as
/// noise, which costs power and no false fail; one that jumped does the same, so use `segment`.
/// Source: prediction interval of a normal mean, Hahn and Meeker, "Statistical Intervals" (1991),
/// section 4.8. Measured: docs/verdicts.md.
void JudgeByHistory(const GateContext& context, const GatePolicy& policy,
                    const GateCriterion& criterion, double alpha, GateCheck& check);

}  // namespace weir::analysis
