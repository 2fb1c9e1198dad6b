#pragma once

#include <string_view>
#include <vector>

#include "base/gate_policy.h"
#include "base/result.h"
#include "scenarios/internal/values.h"

/// Comparisons as policies write them: `< 250ms`, `<=+10%`, `>= -5%`, `=0`.
namespace weir::scenarios::internal {

/// How a number without a sign reads.
enum class DemandUnits : std::uint8_t {
  kOwn,    ///< In weir's policies: with its unit (`250ms`, `1%`, `500/s`, `1GB`).
  kKeptn,  ///< In Keptn's: plain, latencies in ms, error rates in percent, rates per second.
};

/// Reads one comparison with the metric of `criterion`. A number with a sign is a change against
/// the baseline: `+10%` of it, `+20ms` (own) or `+20` (Keptn) more than it; one without is the
/// value itself. Errors: kUsage, HintedError.
Result<Demand> ParseDemand(std::string_view text, const GateCriterion& criterion,
                           DemandUnits units);

/// A comparison or a list of them, which must all hold. What is wrong is added to the diagnostics.
DemandSet ReadDemandSet(Named value, const GateCriterion& criterion, DemandUnits units,
                        Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
