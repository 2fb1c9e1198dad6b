#include "analysis/gate_lateness.h"

#include <algorithm>
#include <cmath>
#include <span>

#include <fmt/format.h>

#include "analysis/gate_prose.h"

namespace weir::analysis {
namespace {

constexpr double kLateShareMax = 0.5;
constexpr double kReadsAreLateToo = 2;

// Mean over the runs, ns; runs that know nothing of it count as never late.
double LatenessNs(std::span<const RunStatistics> runs, bool body) {
  double sum = 0;
  for (const RunStatistics& run : runs) {
    sum += body ? kReadsAreLateToo * run.body_lateness_ns.value_or(0)
                : run.send_lag_p99_ns.value_or(0);
  }
  return sum / static_cast<double>(runs.size());
}

// Whether the verdict, which is not inconclusive, stays when the sides had been equally late.
bool HoldsWithout(double shift, const Evidence& evidence, const DecidedBy& decided,
                  Verdict verdict) {
  Evidence without = evidence;
  without.upper += std::max(0.0, -shift);
  if (verdict != Verdict::kPass) {
    Effect effect = decided.effect;
    effect.difference -= std::max(0.0, shift);
    without.difference -= std::max(0.0, shift);
    without.p = std::min(1.0, decided.p_factor * effect.p_upper());
  }
  const Verdict again = Decide(without);
  return again == verdict || (verdict == Verdict::kWarn && again == Verdict::kPass);
}

}  // namespace

std::string LatenessTrouble(const Sides& sides, const GateCriterion& criterion,
                            const Evidence& evidence, const DecidedBy& decided,
                            const GateCheck& check) {
  const bool body = criterion.kind == GateCriterion::Kind::kResponseBody;
  const double before = LatenessNs(sides.a, body);
  const double after = LatenessNs(sides.b, body);
  const double baseline = *check.baseline;
  const double shift = (after - before) / baseline;
  const bool holds = check.verdict == Verdict::kInconclusive
                         ? std::fabs(shift) <= criterion.tolerance
                         : HoldsWithout(shift, evidence, decided, check.verdict);
  if (holds && std::max(before, after) <= kLateShareMax * baseline) {
    return "";
  }
  return fmt::format(
      "the generator's own lateness ({}: {} in the baseline, {} in the candidate) is too large for "
      "{} of {}",
      body ? "on both ways" : "send lag p99", ValueText(before, "ns"), ValueText(after, "ns"),
      ToleranceOf(check), ValueText(baseline, "ns"));
}

}  // namespace weir::analysis
