#include "analysis/gate.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "analysis/effect.h"
#include "analysis/gate_inputs.h"
#include "analysis/gate_prose.h"
#include "analysis/run_series.h"
#include "base/check.h"
#include "base/text.h"

namespace weir::analysis {
namespace {

using Kind = GateCriterion::Kind;

// Shares of alpha. A latency moves in every comparison; throughput and errors of a sound system do
// not, and when they break they break by far, so a small share costs them no power.
constexpr double kBodyWeight = 2;
constexpr double kQuantileWeight = 3;
constexpr double kRareWeight = 0.25;

constexpr double kPassConfidence = 0.95;
constexpr double kSequentialStrictness = 0.5;
// An effect below this share of the tolerance does not fail, however sure it is.
constexpr double kFloorShare = 0.5;
// Two tests of one tail, the smaller p-value taken: what it is multiplied by (docs/verdicts.md).
constexpr double kTwoTestsFactor = 1.25;
constexpr double kTwoTestsFactorAlone = 1.5;
constexpr double kTailFrom = 0.9;
// The tail relative to the body counts only if the body did not get clearly faster.
constexpr double kFasterBodyT = -1;
// Few runs may agree by chance: the error is at least this share of the sampling error inside runs.
constexpr double kInsideErrorShare = 0.25;
constexpr double kLagShareMax = 0.5;
constexpr int kRunsForAnyTest = 3;

struct Context {
  std::span<const Run> baseline;
  std::span<const Run> candidate;
  RunOrder order;
  std::string blocker;
  double weight_sum = 1;
  bool alone = false;
  std::map<std::string, Sides> sides;  ///< By step name.
};

double WeightOf(Kind kind) {
  switch (kind) {
    case Kind::kResponseBody:
      return kBodyWeight;
    case Kind::kResponseQuantile:
      return kQuantileWeight;
    case Kind::kThroughput:
    case Kind::kErrorRate:
      return kRareWeight;
  }
  WEIR_CHECK(false);
}

// Logarithm to ratio; an interval over a few wild runs must not become infinite.
double Ratio(double log_ratio) {
  constexpr double kLogMax = 20;
  return std::expm1(std::min(log_ratio, kLogMax));
}

void Undecided(GateCheck& check, const std::string& why) {
  check.verdict = Verdict::kInconclusive;
  check.reason = fmt::format("{} is not judged: {}", SubjectOf(check), why);
}

// What stands behind a verdict, all on the scale of the test and with larger = worse.
struct Evidence {
  double difference = 0;
  double upper = 0;
  double tolerance = 0;
  double p = 1;
  double alpha = 0.05;
  bool may_fail = true;
  bool may_pass = true;
};

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

std::optional<int> MoreRuns(const Context& context, const Effect& effect,
                            const Evidence& evidence) {
  const double distance = std::max(evidence.tolerance - effect.difference, effect.difference);
  const auto runs = RunsNeeded(effect, context.order.design, evidence.alpha, distance);
  if (!runs) {
    return std::nullopt;
  }
  const std::size_t now = std::min(context.baseline.size(), context.candidate.size());
  return std::max(*runs, static_cast<int>(now) + 1);
}

std::string TooFewRuns(const Context& context) {
  return fmt::format(
      "{} baseline and {} candidate runs do not show how much runs differ by themselves; "
      "{} a side are the least",
      context.baseline.size(), context.candidate.size(), kRunsForAnyTest);
}

double Median(std::vector<double> values) {
  if (values.empty()) {
    return 0;
  }
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// Median over runs of the generator's lateness, at the place of the latencies that is judged.
double LagOf(std::span<const RunStatistics> runs, Kind kind) {
  std::vector<double> lags;
  for (const RunStatistics& run : runs) {
    const auto& lag = kind == Kind::kResponseBody ? run.send_lag_p50_ns : run.send_lag_p99_ns;
    lags.push_back(lag.value_or(0));
  }
  return Median(std::move(lags));
}

// Why the generator's own lateness spoils this check; empty when it does not. Lateness that is the
// same on both sides is noise and is in the error already; lateness that changed looks like an
// effect, and lateness as large as the latency hides one.
std::string LagTrouble(const Sides& sides, const GateCriterion& criterion, const GateCheck& check) {
  const double before = LagOf(sides.a, criterion.kind);
  const double after = LagOf(sides.b, criterion.kind);
  const bool changed = std::fabs(after - before) > criterion.tolerance * *check.baseline;
  const bool large = std::max(before, after) > kLagShareMax * *check.baseline;
  if (!changed && !large) {
    return "";
  }
  return fmt::format(
      "the generator's own lateness ({} of send lag: {} in the baseline, {} in the candidate) is "
      "too large for {} of {}",
      criterion.kind == Kind::kResponseBody ? "p50" : "p99", ValueText(before, "ns"),
      ValueText(after, "ns"), ToleranceOf(check), ValueText(*check.baseline, "ns"));
}

std::optional<Effect> EffectOf(const Context& context, const RunSeries& series) {
  if (!series.missing.empty()) {
    return std::nullopt;
  }
  return EstimateEffect(series.a, series.b, context.order, kInsideErrorShare * series.error_inside);
}

double MeanOf(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) {
    sum += value;
  }
  return sum / static_cast<double>(values.size());
}

// Typical values of both sides when there are too few runs for more.
void FillLatencyMeans(const RunSeries& series, GateCheck& check) {
  check.baseline = std::exp(MeanOf(series.a));
  check.candidate = std::exp(MeanOf(series.b));
  check.change_ratio = *check.candidate / *check.baseline - 1;
}

void FillLatencyEffect(const Effect& effect, GateCheck& check) {
  check.baseline = std::exp(effect.level_a);
  check.candidate = std::exp(effect.level_a + effect.difference);
  check.change_ratio = Ratio(effect.difference);
  check.interval =
      Interval{Ratio(effect.lower(kPassConfidence)), Ratio(effect.upper(kPassConfidence))};
}

// The p-value of a tail, and the words for it when the second test decides.
struct TailTest {
  double p = 1;
  std::string aside;
};

TailTest TestTail(const Context& context, const Sides& sides, double q, const RunSeries& series) {
  TailTest test{.p = EffectOf(context, series)->p_upper(), .aside = ""};
  if (q < kTailFrom) {
    return test;
  }
  const double factor = context.alone ? kTwoTestsFactorAlone : kTwoTestsFactor;
  const std::optional<Effect> body = EffectOf(context, BodySeries(sides));
  const std::optional<Effect> relative = EffectOf(context, RelativeToLowerHalf(series, sides));
  if (body && relative && body->t() > kFasterBodyT && relative->p_upper() < test.p) {
    test.p = relative->p_upper();
    test.aside = fmt::format("against the same runs' p10 to p50: {}, interval {} to {}",
                             FormatChange(Ratio(relative->difference)),
                             FormatChange(Ratio(relative->lower(kPassConfidence))),
                             FormatChange(Ratio(relative->upper(kPassConfidence))));
  }
  test.p = std::min(1.0, factor * test.p);
  return test;
}

void JudgeLatency(const Context& context, const Sides& sides, const GateCriterion& criterion,
                  double alpha, GateCheck& check) {
  check.unit = "ns";
  const bool body = criterion.kind == Kind::kResponseBody;
  const RunSeries series = body ? BodySeries(sides) : QuantileSeries(sides, criterion.quantile);
  if (!series.missing.empty()) {
    return Undecided(check, series.missing);
  }
  const std::optional<Effect> effect = EffectOf(context, series);
  if (!effect) {
    FillLatencyMeans(series, check);
    check.runs_needed = kRunsForAnyTest;
    return Undecided(check, TooFewRuns(context));
  }
  FillLatencyEffect(*effect, check);
  const TailTest test = body ? TailTest{.p = effect->p_upper(), .aside = ""}
                             : TestTail(context, sides, criterion.quantile, series);
  const Evidence evidence{
      .difference = effect->difference,
      .upper = effect->upper(kPassConfidence),
      .tolerance = std::log1p(criterion.tolerance),
      .p = test.p,
      .alpha = alpha,
      .may_fail = !series.lower_bound_a && context.order.design != RunDesign::kUnknown,
      .may_pass = !series.lower_bound_b};
  check.p_value = test.p;
  check.detectable = Ratio(DetectableDifference(*effect, alpha));
  check.verdict = Decide(evidence);
  if (const std::string trouble = LagTrouble(sides, criterion, check); !trouble.empty()) {
    return Undecided(check, trouble);
  }
  if (check.verdict == Verdict::kInconclusive) {
    if (series.lower_bound_a || series.lower_bound_b) {
      return Undecided(check,
                       "requests that were cut off before they were answered hide its "
                       "true value");
    }
    check.runs_needed = MoreRuns(context, *effect, evidence);
  }
  check.reason = ReasonOf(check, check.verdict == Verdict::kFail ? test.aside : "");
}

// Geometric mean of the achieved rates, for display.
std::optional<double> TypicalRate(std::span<const RunStatistics> runs) {
  double sum = 0;
  for (const RunStatistics& run : runs) {
    if (!run.achieved_per_s) {
      return std::nullopt;
    }
    if (*run.achieved_per_s <= 0) {
      return 0;
    }
    sum += std::log(*run.achieved_per_s);
  }
  return std::exp(sum / static_cast<double>(runs.size()));
}

void JudgeThroughput(const Context& context, const Sides& sides, const GateCriterion& criterion,
                     double alpha, GateCheck& check) {
  check.unit = "per_s";
  const RunSeries series = SlownessSeries(sides, context.baseline.front().plan.open_loop);
  if (!series.missing.empty()) {
    return Undecided(check, series.missing);
  }
  check.baseline = TypicalRate(sides.a);
  check.candidate = TypicalRate(sides.b);
  const std::optional<Effect> effect = EffectOf(context, series);
  if (!effect) {
    check.change_ratio = Ratio(MeanOf(series.a) - MeanOf(series.b));
    check.runs_needed = kRunsForAnyTest;
    return Undecided(check, TooFewRuns(context));
  }
  // The series is slowness: signs turn for people.
  check.change_ratio = Ratio(-effect->difference);
  check.interval =
      Interval{Ratio(-effect->upper(kPassConfidence)), Ratio(-effect->lower(kPassConfidence))};
  const Evidence evidence{.difference = effect->difference,
                          .upper = effect->upper(kPassConfidence),
                          .tolerance = -std::log1p(-std::min(criterion.tolerance, 0.999)),
                          .p = effect->p_upper(),
                          .alpha = alpha,
                          .may_fail = context.order.design != RunDesign::kUnknown,
                          .may_pass = true};
  check.p_value = evidence.p;
  check.detectable = Ratio(-DetectableDifference(*effect, alpha));
  check.verdict = Decide(evidence);
  if (check.verdict == Verdict::kInconclusive) {
    check.runs_needed = MoreRuns(context, *effect, evidence);
  }
  check.reason = ReasonOf(check, "");
}

double MeanPlanned(std::span<const ErrorCount> a, std::span<const ErrorCount> b) {
  double sum = 0;
  for (const ErrorCount& run : a) {
    sum += static_cast<double>(run.planned);
  }
  for (const ErrorCount& run : b) {
    sum += static_cast<double>(run.planned);
  }
  return sum / static_cast<double>(a.size() + b.size());
}

// The same question in the terms of EstimateEffect: error ratios as one value per run.
Effect AsEffect(const ErrorEffect& effect, double planned) {
  const double ratio = (effect.ratio_a + effect.ratio_b) / 2;
  Effect same;
  same.difference = effect.ratio_b - effect.ratio_a;
  same.df = effect.df;
  same.variance = effect.dispersion * ratio * (1 - ratio) / planned;
  return same;
}

void JudgeErrors(const Context& context, const Sides& sides, const GateCriterion& criterion,
                 double alpha, GateCheck& check) {
  check.unit = "ratio";
  const std::vector<ErrorCount> a = ErrorCounts(sides.a);
  const std::vector<ErrorCount> b = ErrorCounts(sides.b);
  if (a.empty() || b.empty()) {
    return Undecided(check, sides.missing.empty() ? "a run planned no requests" : sides.missing);
  }
  const auto effect = EstimateErrorEffect(a, b, 2 * kPassConfidence - 1);
  if (!effect) {
    check.runs_needed = kRunsForAnyTest;
    return Undecided(check, TooFewRuns(context));
  }
  check.baseline = effect->ratio_a;
  check.candidate = effect->ratio_b;
  check.change_ratio = effect->ratio_b - effect->ratio_a;
  check.interval = effect->interval;
  check.p_value = effect->p_upper;
  if (effect->ratio_b == 0) {
    check.verdict = Verdict::kPass;
    check.reason =
        fmt::format("{} is 0 %: no request of the candidate went wrong", SubjectOf(check));
    return;
  }
  const Evidence evidence{.difference = *check.change_ratio,
                          .upper = effect->interval.high,
                          .tolerance = criterion.tolerance,
                          .p = effect->p_upper,
                          .alpha = alpha,
                          .may_fail = context.order.design != RunDesign::kUnknown,
                          .may_pass = true};
  check.verdict = Decide(evidence);
  if (check.verdict == Verdict::kInconclusive) {
    check.runs_needed = MoreRuns(context, AsEffect(*effect, MeanPlanned(a, b)), evidence);
  }
  check.reason = ReasonOf(check, "");
}

GateCheck JudgeCriterion(Context& context, const GateCriterion& criterion, double alpha) {
  WEIR_CHECK(criterion.tolerance > 0);
  GateCheck check;
  check.metric = MetricName(criterion);
  check.step = criterion.step;
  check.tolerance = criterion.tolerance;
  if (context.baseline.empty() || context.candidate.empty()) {
    Undecided(check, context.blocker);
    return check;
  }
  auto [place, added] = context.sides.try_emplace(criterion.step);
  if (added) {
    place->second = SidesOf(context.baseline, context.candidate, criterion.step);
  }
  const Sides& sides = place->second;
  double share = alpha * WeightOf(criterion.kind) / context.weight_sum;
  share *= context.order.design == RunDesign::kSequential ? kSequentialStrictness : 1;
  switch (criterion.kind) {
    case Kind::kResponseBody:
    case Kind::kResponseQuantile:
      JudgeLatency(context, sides, criterion, share, check);
      break;
    case Kind::kThroughput:
      JudgeThroughput(context, sides, criterion, share, check);
      break;
    case Kind::kErrorRate:
      JudgeErrors(context, sides, criterion, share, check);
      break;
  }
  if (!context.blocker.empty()) {
    check.runs_needed.reset();
    Undecided(check, context.blocker);
  }
  return check;
}

// How near a check is to the worse side of its verdict; only compared inside one verdict.
double Closeness(const GateCheck& check) {
  if (check.verdict == Verdict::kFail) {
    return -check.p_value.value_or(1);
  }
  if (!check.interval) {
    return 0;
  }
  const bool lower_is_worse = check.metric == "throughput";
  const double worst = lower_is_worse ? -check.interval->low : check.interval->high;
  return worst / check.tolerance;
}

const GateCheck& DecidingCheck(const std::vector<GateCheck>& checks, Verdict verdict) {
  const GateCheck* deciding = nullptr;
  for (const GateCheck& check : checks) {
    if (check.verdict == verdict &&
        (deciding == nullptr || Closeness(check) > Closeness(*deciding))) {
      deciding = &check;
    }
  }
  WEIR_CHECK(deciding != nullptr);
  return *deciding;
}

void Conclude(const std::string& blocker, GateResult& result) {
  result.verdict = Verdict::kPass;
  for (const GateCheck& check : result.checks) {
    result.verdict = Worse(result.verdict, check.verdict);
  }
  if (!blocker.empty()) {
    result.reason = "the runs cannot be judged: " + blocker;
    return;
  }
  const std::string& reason = DecidingCheck(result.checks, result.verdict).reason;
  result.reason = result.verdict == Verdict::kPass && result.checks.size() > 1
                      ? fmt::format("all {} checks pass; nearest to its tolerance: {}",
                                    result.checks.size(), reason)
                      : reason;
}

}  // namespace

GatePolicy DefaultGatePolicy() {
  GatePolicy policy;
  policy.criteria = {
      {.kind = Kind::kResponseBody, .quantile = 0, .tolerance = 0.02, .step = ""},
      {.kind = Kind::kResponseQuantile, .quantile = 0.99, .tolerance = 0.05, .step = ""},
      {.kind = Kind::kThroughput, .quantile = 0, .tolerance = 0.05, .step = ""},
      {.kind = Kind::kErrorRate, .quantile = 0, .tolerance = 0.001, .step = ""}};
  return policy;
}

GateResult JudgeGate(const GatePolicy& policy, std::span<const Run> baseline,
                     std::span<const Run> candidate) {
  WEIR_CHECK(policy.alpha > 0 && policy.alpha <= 0.5);
  const std::vector<GateCriterion> criteria =
      policy.criteria.empty() ? DefaultGatePolicy().criteria : policy.criteria;
  Context context;
  context.baseline = baseline;
  context.candidate = candidate;
  context.order = OrderOf(baseline, candidate);
  context.alone = criteria.size() == 1;
  context.weight_sum = 0;
  for (const GateCriterion& criterion : criteria) {
    context.weight_sum += WeightOf(criterion.kind);
  }
  GateInputs inputs = CheckGateInputs(baseline, candidate, context.order, policy.on_invalid);
  context.blocker = inputs.blocker;
  GateResult result;
  result.design = RunDesignName(context.order.design);
  result.warnings = std::move(inputs.warnings);
  for (const Run& run : baseline) {
    result.baseline_runs.push_back(run.id);
  }
  for (const Run& run : candidate) {
    result.candidate_runs.push_back(run.id);
  }
  for (const GateCriterion& criterion : criteria) {
    result.checks.push_back(JudgeCriterion(context, criterion, policy.alpha));
  }
  Conclude(context.blocker, result);
  return result;
}

}  // namespace weir::analysis
