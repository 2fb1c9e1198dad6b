#include "analysis/gate_context.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "analysis/gate_prose.h"

namespace weir::analysis {
namespace {

// An effect below this share of the tolerance does not fail, however sure it is.
constexpr double kFloorShare = 0.5;

}  // namespace

Verdict Decide(const Evidence& evidence) {
  const bool sure = evidence.p < evidence.alpha;
  const bool matters = evidence.difference >= kFloorShare * evidence.tolerance;
  if (sure && matters) {
    return evidence.may_fail ? Verdict::kFail : Verdict::kInconclusive;
  }
  if (evidence.upper >= evidence.tolerance || !evidence.may_pass) {
    return Verdict::kInconclusive;
  }
  return sure ? Verdict::kWarn : Verdict::kPass;
}

void Undecided(GateCheck& check, const std::string& why) {
  check.verdict = Verdict::kInconclusive;
  check.reason = fmt::format("{} is not judged: {}", SubjectOf(check), why);
}

void Missing(GateCheck& check, OnMissing rule) {
  if (rule == OnMissing::kInconclusive) {
    return;
  }
  check.verdict = rule == OnMissing::kPass ? Verdict::kPass : Verdict::kFail;
  check.reason += rule == OnMissing::kPass ? "; the policy lets that pass"
                                           : "; the policy counts that as a fail";
}

// Logarithm to ratio; an interval over a few wild runs must not become infinite.
double RatioOf(double log_ratio) {
  constexpr double kLogMax = 20;
  return std::expm1(std::min(log_ratio, kLogMax));
}

double MeanOf(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) {
    sum += value;
  }
  return sum / static_cast<double>(values.size());
}

std::string TooFewRuns(const GateContext& context) {
  return fmt::format(
      "{} baseline and {} candidate runs do not show how much runs differ by themselves; "
      "{} a side are the least",
      context.baseline.size(), context.candidate.size(), kRunsForAnyTest);
}

std::optional<int> MoreRuns(const GateContext& context, const Effect& effect,
                            const Evidence& evidence) {
  const double distance = std::max(evidence.tolerance - effect.difference, effect.difference);
  const auto runs = RunsNeeded(effect, context.order.design, evidence.alpha, distance);
  if (!runs) {
    return std::nullopt;
  }
  const std::size_t now = std::min(context.baseline.size(), context.candidate.size());
  return std::max(*runs, static_cast<int>(now) + 1);
}

}  // namespace weir::analysis
