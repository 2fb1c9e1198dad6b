#include "analysis/gate_history.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "analysis/criterion_value.h"
#include "analysis/distributions.h"
#include "analysis/gate_prose.h"
#include "base/text.h"

namespace weir::analysis {
namespace {

using Kind = GateCriterion::Kind;

// Values are known to three digits: a history that agrees better than that has no less noise.
constexpr double kResolution = 1e-3;
constexpr double kPower = 0.8;

/// The history's runs against the candidate's, larger = worse.
struct Prediction {
  double level = 0;
  double difference = 0;
  double spread = 0;  ///< Of one run.
  double runs_before = 0;
  double runs_after = 0;

  double df() const { return runs_before - 1; }

  double error(double after) const { return spread * std::sqrt(1 / runs_before + 1 / after); }
};

// What the counts of requests alone let an error ratio vary by, between runs.
double CountError(const GateContext& context, const GateCriterion& criterion) {
  double ratio = 0;
  double planned = 0;
  for (const auto& runs : {context.history, context.candidate}) {
    for (const Run& run : runs) {
      const RequestCounts counts = MeasuredCounts(run, *StepIndex(run, criterion.step));
      planned += static_cast<double>(counts.planned);
      ratio += counts.ErrorRatio().value_or(0) * static_cast<double>(counts.planned);
    }
  }
  const auto runs = static_cast<double>(context.history.size() + context.candidate.size());
  ratio = (ratio + 0.5) / (planned + 1);
  return std::sqrt(ratio * (1 - ratio) / (planned / runs));
}

Prediction Predict(std::span<const double> before, std::span<const double> after,
                   double spread_min) {
  Prediction prediction;
  prediction.level = MeanOf(before);
  prediction.difference = MeanOf(after) - prediction.level;
  prediction.runs_before = static_cast<double>(before.size());
  prediction.runs_after = static_cast<double>(after.size());
  double squares = 0;
  for (const double value : before) {
    squares += (value - prediction.level) * (value - prediction.level);
  }
  prediction.spread = std::max(std::sqrt(squares / prediction.df()), spread_min);
  return prediction;
}

// Runs of the candidate after which `distance` would be found in 4 of 5 cases; none if no number
// of them would do, because the history itself is too short.
std::optional<int> RunsOfCandidate(const Prediction& prediction, double alpha, double distance) {
  const double ends =
      StudentQuantile(1 - alpha, prediction.df()) + StudentQuantile(kPower, prediction.df());
  const double reach = distance / (ends * prediction.spread);
  const double left = reach * reach - 1 / prediction.runs_before;
  if (left <= 1.0 / kRunsNeededMax) {
    return std::nullopt;
  }
  return std::max(static_cast<int>(std::ceil(1 / left)),
                  static_cast<int>(prediction.runs_after) + 1);
}

}  // namespace

void JudgeByHistory(const GateContext& context, const GatePolicy& policy,
                    const GateCriterion& criterion, double alpha, GateCheck& check) {
  check.unit = UnitOf(criterion);
  check.alpha = alpha;
  if (context.history.size() < kHistoryRunsForTest || context.candidate.empty()) {
    Undecided(check, fmt::format("the history has {} runs, {} are the least to know how they vary",
                                 context.history.size(), kHistoryRunsForTest));
    return Missing(check, policy.on_missing);
  }
  const PlainValues before = ValuesOf(context.history, criterion);
  const PlainValues after = ValuesOf(context.candidate, criterion);
  if (!before.missing.empty() || !after.missing.empty()) {
    Undecided(check, before.missing.empty() ? after.missing : before.missing);
    return Missing(check, policy.on_missing);
  }
  const bool difference = criterion.kind == Kind::kErrorRate || criterion.kind == Kind::kApdex;
  if (!difference && (!before.positive || !after.positive)) {
    return Undecided(check, "a run has a value of 0, of which there are no ratios");
  }
  const double sign = LowerIsWorse(criterion) ? -1 : 1;
  const auto scaled = [&](std::vector<double> values) {
    for (double& value : values) {
      value = sign * (difference ? value : std::log(value));
    }
    return values;
  };
  const double spread_min =
      criterion.kind == Kind::kErrorRate ? CountError(context, criterion) : kResolution;
  const Prediction found = Predict(scaled(before.values), scaled(after.values), spread_min);
  const auto change = [&](double x) { return difference ? sign * x : RatioOf(sign * x); };
  const double error = found.error(found.runs_after);
  const double reach = StudentQuantile(kPassConfidence, found.df()) * error;
  check.baseline = difference ? MeanOf(before.values) : std::exp(sign * found.level);
  check.candidate =
      difference ? MeanOf(after.values) : std::exp(sign * (found.level + found.difference));
  const double low = change(found.difference - reach);
  const double high = change(found.difference + reach);
  check.change_ratio = change(found.difference);
  check.interval = Interval{.low = std::min(low, high), .high = std::max(low, high)};
  const Evidence evidence{
      .difference = found.difference,
      .upper = found.difference + reach,
      .tolerance = difference ? criterion.tolerance : std::log1p(criterion.tolerance),
      .p = StudentUpperTail(found.difference / error, found.df()),
      .alpha = alpha,
      .may_fail = !before.lower_bound,
      .may_pass = !after.lower_bound};
  check.p_value = evidence.p;
  check.detectable = std::fabs(change(
      (StudentQuantile(1 - alpha, found.df()) + StudentQuantile(kPower, found.df())) * error));
  check.verdict = Decide(evidence);
  if (check.verdict == Verdict::kInconclusive) {
    check.runs_needed = RunsOfCandidate(
        found, alpha, std::max(evidence.tolerance - found.difference, found.difference));
  }
  check.reason = ReasonOf(check, fmt::format("by {} runs of the history", context.history.size()));
}

}  // namespace weir::analysis
