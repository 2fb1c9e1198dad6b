#include "analysis/gate_judges.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "analysis/benchmark_criteria.h"
#include "analysis/criterion_value.h"
#include "analysis/effect.h"
#include "analysis/gate_earlier.h"
#include "analysis/gate_lateness.h"
#include "analysis/gate_prose.h"
#include "base/text.h"

namespace weir::analysis {
namespace {

using Kind = GateCriterion::Kind;

// Two tests of one tail, the smaller p-value taken: what it is multiplied by (docs/verdicts.md).
constexpr double kTwoTestsFactor = 1.25;
constexpr double kTwoTestsFactorAlone = 1.5;
constexpr double kTailFrom = 0.9;
// The tail relative to the body counts only if the body did not get clearly faster.
constexpr double kFasterBodyT = -1;
// Few runs may agree by chance: the error is at least this share of the sampling error inside runs.
constexpr double kInsideErrorShare = 0.25;

using SeriesOf = std::function<RunSeries(const Sides&)>;

std::optional<Effect> EffectOf(const GateContext& context, const RunSeries& series,
                               const EarlierNoise& earlier) {
  if (!series.missing.empty()) {
    return std::nullopt;
  }
  return EstimateEffect(series.a, series.b, context.order,
                        {.error_min = kInsideErrorShare * series.error_inside, .earlier = earlier});
}

EarlierNoise StepNoise(const GateContext& context, const std::string& step,
                       const SeriesOf& series_of) {
  return NoiseOf(context.earlier,
                 [&](const EarlierRuns& gate) { return series_of(gate.sides.at(step)); });
}

// The effect on a statistic that comes from the sides of a step.
std::optional<Effect> EffectOf(const GateContext& context, const Sides& sides,
                               const std::string& step, const SeriesOf& series_of) {
  return EffectOf(context, series_of(sides), StepNoise(context, step, series_of));
}

std::string Joined(const std::string& first, const std::string& second) {
  return first + (first.empty() || second.empty() ? "" : "; ") + second;
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
  check.change_ratio = RatioOf(effect.difference);
  check.interval =
      Interval{RatioOf(effect.lower(kPassConfidence)), RatioOf(effect.upper(kPassConfidence))};
}

// The test that decides, and the words for it when it is the second of a tail.
struct LatencyTest {
  DecidedBy by;
  std::string aside;

  double p() const { return std::min(1.0, by.p_factor * by.effect.p_upper()); }
};

LatencyTest TestTail(const GateContext& context, const Sides& sides, const GateCriterion& criterion,
                     const RunSeries& series, const Effect& effect) {
  LatencyTest test{.by = {.effect = effect}, .aside = ""};
  const double q = criterion.quantile;
  // A pair shares the machine's mood: the second test would only cost.
  if (q < kTailFrom || context.order.design == RunDesign::kDuet) {
    return test;
  }
  test.by.p_factor = context.alone ? kTwoTestsFactorAlone : kTwoTestsFactor;
  const std::optional<Effect> body = EffectOf(context, sides, criterion.step, BodySeries);
  const std::optional<Effect> relative = EffectOf(
      context, RelativeToLowerHalf(series, sides),
      StepNoise(context, criterion.step,
                [q](const Sides& of) { return RelativeToLowerHalf(QuantileSeries(of, q), of); }));
  if (body && relative && body->t() > kFasterBodyT && relative->p_upper() < effect.p_upper()) {
    test.by.effect = *relative;
    test.aside = fmt::format("against the same runs' p10 to p50: {}, interval {} to {}",
                             FormatChange(RatioOf(relative->difference)),
                             FormatChange(RatioOf(relative->lower(kPassConfidence))),
                             FormatChange(RatioOf(relative->upper(kPassConfidence))));
  }
  return test;
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

// Plain values come without an error of their own; this only keeps runs that agree to the last
// digit from having no noise at all.
constexpr double kPlainErrorMin = 1e-4;

// Of benchmarks some repetitions are wild, and now and then a whole pair.
constexpr double kTrimmedOfBenchmarks = 0.1;

// A score is compared by its difference, everything else by its ratio where it has one.
bool IsLogarithmic(const GateCriterion& criterion, const PlainValues& a, const PlainValues& b) {
  return criterion.kind != Kind::kApdex && a.positive && b.positive;
}

// The values of both sides on the scale of the test, larger = worse.
RunSeries PlainSeries(const GateCriterion& criterion, const PlainValues& a, const PlainValues& b) {
  RunSeries series;
  series.lower_bound_a = a.lower_bound;
  series.lower_bound_b = b.lower_bound;
  series.missing = a.missing.empty() ? b.missing : a.missing;
  const bool logarithmic = IsLogarithmic(criterion, a, b);
  if (series.missing.empty() && !logarithmic && criterion.kind != Kind::kApdex) {
    series.missing = "a run has a value of 0, of which there are no ratios; demand a limit";
  }
  const double sign = LowerIsWorse(criterion) ? -1 : 1;
  for (const auto& [values, scaled] :
       {std::pair(&a.values, &series.a), std::pair(&b.values, &series.b)}) {
    for (const double value : *values) {
      scaled->push_back(sign * (logarithmic ? std::log(value) : value));
    }
  }
  return series;
}

}  // namespace

void JudgeLatency(const GateContext& context, const Sides& sides, const GateCriterion& criterion,
                  double alpha, GateCheck& check) {
  check.unit = "ns";
  const bool body = criterion.kind == Kind::kResponseBody;
  const SeriesOf series_of = [&](const Sides& of) {
    return body ? BodySeries(of) : QuantileSeries(of, criterion.quantile);
  };
  const RunSeries series = series_of(sides);
  if (!series.missing.empty()) {
    return Undecided(check, series.missing);
  }
  const EarlierNoise earlier = StepNoise(context, criterion.step, series_of);
  const std::optional<Effect> effect = EffectOf(context, series, earlier);
  if (!effect) {
    FillLatencyMeans(series, check);
    check.runs_needed = kRunsForAnyTest;
    return Undecided(check, TooFewRuns(context));
  }
  FillLatencyEffect(*effect, check);
  const LatencyTest test = body ? LatencyTest{.by = {.effect = *effect}, .aside = ""}
                                : TestTail(context, sides, criterion, series, *effect);
  const Evidence evidence{
      .difference = effect->difference,
      .upper = effect->upper(kPassConfidence),
      .tolerance = std::log1p(criterion.tolerance),
      .p = test.p(),
      .alpha = alpha,
      .may_fail = !series.lower_bound_a && context.order.design != RunDesign::kUnknown,
      .may_pass = !series.lower_bound_b};
  check.p_value = evidence.p;
  check.detectable = RatioOf(DetectableDifference(*effect, alpha));
  check.verdict = Decide(evidence);
  if (const std::string trouble = LatenessTrouble(sides, criterion, evidence, test.by, check);
      !trouble.empty()) {
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
  check.reason = ReasonOf(check, Joined(check.verdict == Verdict::kFail ? test.aside : "",
                                        NoiseAside(earlier, *effect)));
}

void JudgeThroughput(const GateContext& context, const Sides& sides, const GateCriterion& criterion,
                     double alpha, GateCheck& check) {
  check.unit = "per_s";
  const SeriesOf series_of = [&](const Sides& of) {
    return SlownessSeries(of, context.baseline.front().plan.open_loop);
  };
  const RunSeries series = series_of(sides);
  if (!series.missing.empty()) {
    return Undecided(check, series.missing);
  }
  check.baseline = TypicalRate(sides.a);
  check.candidate = TypicalRate(sides.b);
  const EarlierNoise earlier = StepNoise(context, criterion.step, series_of);
  const std::optional<Effect> effect = EffectOf(context, series, earlier);
  if (!effect) {
    check.change_ratio = RatioOf(MeanOf(series.a) - MeanOf(series.b));
    check.runs_needed = kRunsForAnyTest;
    return Undecided(check, TooFewRuns(context));
  }
  // The series is slowness: signs turn for people.
  check.change_ratio = RatioOf(-effect->difference);
  check.interval =
      Interval{RatioOf(-effect->upper(kPassConfidence)), RatioOf(-effect->lower(kPassConfidence))};
  const Evidence evidence{.difference = effect->difference,
                          .upper = effect->upper(kPassConfidence),
                          .tolerance = -std::log1p(-std::min(criterion.tolerance, 0.999)),
                          .p = effect->p_upper(),
                          .alpha = alpha,
                          .may_fail = context.order.design != RunDesign::kUnknown,
                          .may_pass = true};
  check.p_value = evidence.p;
  check.detectable = RatioOf(-DetectableDifference(*effect, alpha));
  check.verdict = Decide(evidence);
  if (check.verdict == Verdict::kInconclusive) {
    check.runs_needed = MoreRuns(context, *effect, evidence);
  }
  check.reason = ReasonOf(check, NoiseAside(earlier, *effect));
}

void JudgeErrors(const GateContext& context, const Sides& sides, const GateCriterion& criterion,
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

void JudgePlain(const GateContext& context, const GateCriterion& criterion, double alpha,
                GateCheck& check) {
  const PlainValues a = ValuesOf(context.baseline, criterion);
  const PlainValues b = ValuesOf(context.candidate, criterion);
  check.unit = UnitOf(criterion);
  if (!a.missing.empty() || !b.missing.empty()) {
    return Undecided(check, a.missing.empty() ? b.missing : a.missing);
  }
  const RunSeries series = PlainSeries(criterion, a, b);
  check.baseline = MeanOf(a.values);
  check.candidate = MeanOf(b.values);
  if (!series.missing.empty()) {
    return Undecided(check, series.missing);
  }
  const bool logarithmic = IsLogarithmic(criterion, a, b);
  const double sign = LowerIsWorse(criterion) ? -1 : 1;
  const auto change = [&](double difference) {
    return logarithmic ? RatioOf(sign * difference) : sign * difference;
  };
  const EarlierNoise earlier = NoiseOf(context.earlier, [&](const EarlierRuns& gate) {
    return PlainSeries(criterion, ValuesOf(gate.baseline, criterion),
                       ValuesOf(gate.candidate, criterion));
  });
  const double trimmed = OnlyMeasurements(context.candidate) ? kTrimmedOfBenchmarks : 0;
  const std::optional<Effect> effect =
      EstimateEffect(series.a, series.b, context.order,
                     {.error_min = kPlainErrorMin, .trimmed = trimmed, .earlier = earlier});
  if (!effect) {
    check.change_ratio = change(MeanOf(series.b) - MeanOf(series.a));
    check.runs_needed = kRunsForAnyTest;
    return Undecided(check, TooFewRuns(context));
  }
  const double low = change(effect->lower(kPassConfidence));
  const double high = change(effect->upper(kPassConfidence));
  check.change_ratio = change(effect->difference);
  check.interval = Interval{std::min(low, high), std::max(low, high)};
  const Evidence evidence{
      .difference = effect->difference,
      .upper = effect->upper(kPassConfidence),
      .tolerance = logarithmic ? std::log1p(criterion.tolerance) : criterion.tolerance,
      .p = effect->p_upper(),
      .alpha = alpha,
      .may_fail = !a.lower_bound && context.order.design != RunDesign::kUnknown,
      .may_pass = !b.lower_bound};
  check.p_value = evidence.p;
  check.detectable = std::fabs(change(DetectableDifference(*effect, alpha)));
  check.verdict = Decide(evidence);
  if (check.verdict == Verdict::kInconclusive && (a.lower_bound || b.lower_bound)) {
    return Undecided(check, "requests that were cut off hide its true value");
  }
  if (check.verdict == Verdict::kInconclusive) {
    check.runs_needed = MoreRuns(context, *effect, evidence);
  }
  check.reason = ReasonOf(check, NoiseAside(earlier, *effect));
}

}  // namespace weir::analysis
