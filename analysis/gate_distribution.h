#pragma once

#include <array>

#include "analysis/gate_context.h"

namespace weir::analysis {

/// Where GateCriterion::Kind::kDistribution looks.
inline constexpr std::array<double, 7> kDistributionQuantiles = {0.10, 0.25, 0.50, 0.75,
                                                                 0.90, 0.95, 0.99};

/// GateCriterion::Kind::kDistribution: the response time rose by `tolerance` nowhere between p10
/// and p99. Each quantile is tested as JudgeLatency does; it fails when one does, at the level that
/// keeps the chance of any false fail at `alpha` for all of them (Benjamini and Hochberg 1995,
/// which holds for statistics that rise together: Benjamini and Yekutieli 2001). It passes when all
/// pass. Quantiles for which the runs have too few requests are left out, and said so. Fills
/// `check` with the numbers of the quantile that decided.
void JudgeDistribution(const GateContext& context, const Sides& sides,
                       const GateCriterion& criterion, double alpha, GateCheck& check);

}  // namespace weir::analysis
