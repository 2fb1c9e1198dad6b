#include "analysis/gate_every_step.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "analysis/every_step.h"
#include "analysis/gate_lateness.h"
#include "analysis/gate_prose.h"
#include "analysis/run_statistics.h"
#include "base/check.h"
#include "base/text.h"

namespace weir::analysis {
namespace {

constexpr std::uint64_t kRequestsMin = 200;
// Shares of alpha: for what moved all steps together, and for single ones.
constexpr double kSharedShare = 0.3;
constexpr double kErrorRiseMin = 0.25;
constexpr double kInsideErrorShare = 0.25;
constexpr double kMedian = 0.5;

constexpr std::array<std::pair<StepStatistic, double>, 3> kQuantiles = {
    {{StepStatistic::kP50, kMedian}, {StepStatistic::kP95, 0.95}, {StepStatistic::kP99, 0.99}}};

/// One step in all runs.
struct StepRuns {
  std::string name;
  std::vector<RunStatistics> a;
  std::vector<RunStatistics> b;
};

/// The steps that can be judged, and how many cannot.
struct Plan {
  std::vector<StepRuns> steps;
  std::size_t left_out = 0;
};

bool EnoughRequests(const std::vector<RunStatistics>& runs) {
  return std::all_of(runs.begin(), runs.end(), [](const RunStatistics& run) {
    return run.response.histogram.count() >= kRequestsMin;
  });
}

std::optional<std::vector<RunStatistics>> OfStep(std::span<const Run> runs,
                                                 const std::string& name) {
  std::vector<RunStatistics> side;
  for (const Run& run : runs) {
    const std::optional<int> index = StepIndex(run, name);
    if (!index) {
      return std::nullopt;
    }
    side.push_back(StatisticsOf(run, *index));
  }
  return side;
}

Plan PlanOf(const GateContext& context) {
  Plan plan;
  for (const auto& planned : context.candidate.front().plan.steps) {
    auto a = OfStep(context.baseline, planned.step);
    auto b = OfStep(context.candidate, planned.step);
    if (a && b && EnoughRequests(*a) && EnoughRequests(*b)) {
      plan.steps.push_back({planned.step, std::move(*a), std::move(*b)});
    } else {
      ++plan.left_out;
    }
  }
  return plan;
}

// Requests that were cut off in the baseline hide its true value above this quantile.
bool Hidden(const StepRuns& step, double q) {
  return std::any_of(step.a.begin(), step.a.end(), [q](const RunStatistics& run) {
    return static_cast<double>(run.response.censored) >
           (1 - q) * static_cast<double>(run.response.histogram.count());
  });
}

double Wrong(const RunStatistics& run) {
  return static_cast<double>(run.counts.planned) -
         static_cast<double>(run.counts.of(Outcome::kCompleted));
}

StepSeries ErrorSeries(const StepRuns& step) {
  StepSeries series;
  double wrong = 0;
  for (const auto& [runs, values] :
       {std::pair(&step.a, &series.a), std::pair(&step.b, &series.b)}) {
    for (const RunStatistics& run : *runs) {
      wrong += Wrong(run);
      values->push_back(
          std::log((Wrong(run) + 0.5) / (static_cast<double>(run.counts.planned) + 1)));
    }
  }
  const auto a = static_cast<double>(step.a.size());
  const auto b = static_cast<double>(step.b.size());
  // Counts vary by themselves: the logarithm of one with mean m by about 1 / m.
  series.error_min = std::sqrt((1 / a + 1 / b) / (wrong / (a + b) + 0.5));
  series.known = wrong > 0;
  return series;
}

// What sampling inside the runs does to mean(b) - mean(a), and values by `value_of`.
template <typename ValueOf, typename ErrorOf>
StepSeries LatencySeries(const StepRuns& step, ValueOf value_of, ErrorOf error_of) {
  StepSeries series;
  double variance = 0;
  for (const auto& [runs, values] :
       {std::pair(&step.a, &series.a), std::pair(&step.b, &series.b)}) {
    const auto count = static_cast<double>(runs->size());
    for (const RunStatistics& run : *runs) {
      const std::optional<double> value = value_of(run);
      const std::optional<double> error = error_of(run);
      if (!value || !error) {
        return {};
      }
      values->push_back(*value);
      variance += *error * *error / (count * count);
    }
  }
  series.error_min = kInsideErrorShare * std::sqrt(variance);
  series.known = true;
  return series;
}

StepValues ValuesOf(const StepRuns& step) {
  StepValues values;
  values.step = step.name;
  const auto put = [&](StepStatistic statistic, StepSeries series) {
    values.of[static_cast<std::size_t>(statistic)] = std::move(series);
  };
  if (!Hidden(step, kBodyTo)) {
    put(StepStatistic::kBody, LatencySeries(
                                  step, [](const RunStatistics& run) { return run.body; },
                                  [](const RunStatistics& run) {
                                    return MeanLogError(run.response.histogram, kBodyFrom, kBodyTo);
                                  }));
  }
  for (const auto& [statistic, quantile] : kQuantiles) {
    const double q = quantile;
    if (Hidden(step, q)) {
      continue;
    }
    put(statistic,
        LatencySeries(
            step,
            [q](const RunStatistics& run) {
              return SmoothedLogQuantile(run.response.histogram, q);
            },
            [q](const RunStatistics& run) { return LogQuantileError(run.response.histogram, q); }));
  }
  put(StepStatistic::kErrors, ErrorSeries(step));
  return values;
}

/// A rise that may be a fail: of one step, or of all (no step).
struct Rise {
  std::optional<std::size_t> step;
  StepStatistic statistic = StepStatistic::kP50;
  Effect effect;
  double p = 1;  ///< To be held against the whole alpha of the criterion.
};

double SmallestRise(StepStatistic statistic, double tolerance) {
  return statistic == StepStatistic::kErrors ? std::log1p(kErrorRiseMin)
                                             : std::log1p(tolerance) / 2;
}

// The surest of those that are large enough; of all when none is.
std::optional<Rise> Surest(const EveryStep& found, double tolerance) {
  std::vector<Rise> rises;
  const bool both = !found.shared.empty();
  for (const SharedFinding& shared : found.shared) {
    rises.push_back(
        {std::nullopt, shared.statistic, shared.effect, std::min(1.0, shared.p / kSharedShare)});
  }
  for (const StepFinding& step : found.steps) {
    rises.push_back({step.step, step.statistic, step.beyond,
                     both ? std::min(1.0, step.p / (1 - kSharedShare)) : step.p});
  }
  const auto before = [&](const Rise& x, const Rise& y) {
    const auto rank = [&](const Rise& rise) {
      const bool small = rise.effect.difference < SmallestRise(rise.statistic, tolerance);
      return std::pair(small, rise.p);
    };
    return rank(x) < rank(y);
  };
  const auto least = std::min_element(rises.begin(), rises.end(), before);
  return least == rises.end() ? std::nullopt : std::optional(*least);
}

double TypicalErrors(const std::vector<RunStatistics>& runs) {
  double wrong = 0;
  double planned = 0;
  for (const RunStatistics& run : runs) {
    wrong += Wrong(run);
    planned += static_cast<double>(run.counts.planned);
  }
  return wrong / planned;
}

// Typical value of a statistic over the steps of a rise; of all steps their geometric mean.
double Level(const std::vector<StepValues>& values, const Rise& rise) {
  double sum = 0;
  double count = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const StepSeries& series = values[i].of[static_cast<std::size_t>(rise.statistic)];
    if (series.known && (!rise.step || *rise.step == i)) {
      sum += MeanOf(series.a);
      ++count;
    }
  }
  return std::exp(sum / count);
}

void Fill(const std::vector<StepValues>& values, const Plan& plan, const Rise& rise,
          GateCheck& check) {
  check.p_value = rise.p;
  if (rise.statistic == StepStatistic::kErrors && rise.step) {
    const StepRuns& step = plan.steps[*rise.step];
    check.unit = "ratio";
    check.baseline = TypicalErrors(step.a);
    check.candidate = TypicalErrors(step.b);
    check.change_ratio = *check.candidate - *check.baseline;
    return;
  }
  check.unit = rise.statistic == StepStatistic::kErrors ? "ratio" : "ns";
  check.baseline = Level(values, rise);
  check.candidate = *check.baseline * std::exp(rise.effect.difference);
  if (rise.statistic == StepStatistic::kErrors) {
    check.change_ratio = *check.candidate - *check.baseline;
    return;
  }
  check.change_ratio = RatioOf(rise.effect.difference);
  check.interval = Interval{RatioOf(rise.effect.lower(kPassConfidence)),
                            RatioOf(rise.effect.upper(kPassConfidence))};
}

std::string Extent(const Plan& plan) {
  const std::string judged =
      fmt::format("{} steps x {} statistics", plan.steps.size(), kStepStatistics);
  return plan.left_out == 0 ? judged
                            : fmt::format("{}; {} with fewer than {} requests in a run left out",
                                          judged, plan.left_out, kRequestsMin);
}

std::string Where(const Plan& plan, const std::optional<std::size_t>& step) {
  return step ? fmt::format("step '{}'", Printable(plan.steps[*step].name, 60)) : "all steps";
}

std::string Numbers(const GateCheck& check) {
  std::string text = fmt::format("{} to {}", ValueText(*check.baseline, check.unit),
                                 ValueText(*check.candidate, check.unit));
  if (check.interval) {
    text += fmt::format("; interval {} to {}", FormatChange(check.interval->low),
                        FormatChange(check.interval->high));
  }
  return text;
}

std::string FailReason(const Plan& plan, const Rise& rise, const GateCheck& check) {
  const bool errors = rise.statistic == StepStatistic::kErrors;
  return fmt::format(
      "{} of {} rose{}{} ({}; {})", StepStatisticName(rise.statistic), Where(plan, rise.step),
      errors ? "" : " " + FormatChange(*check.change_ratio).substr(1),
      rise.step && plan.steps.size() >= kSharedStepsMin ? " beyond the other steps" : "",
      Numbers(check), Extent(plan));
}

/// The step whose p50 may have risen most.
struct Widest {
  std::size_t step = 0;
  double upper = 0;
  Effect effect;
};

std::optional<Widest> WidestOf(const EveryStep& found) {
  std::optional<Widest> widest;
  for (std::size_t i = 0; i < found.medians.size(); ++i) {
    const Effect& effect = found.medians[i];
    if (effect.error > 0 && (!widest || effect.upper(kPassConfidence) > widest->upper)) {
      widest = Widest{i, effect.upper(kPassConfidence), effect};
    }
  }
  return widest;
}

/// What a verdict is taken from.
struct Material {
  Plan plan;
  std::vector<StepValues> values;  ///< Of the plan's steps.
  EveryStep found;
  double alpha = 0;
};

void PassOrNot(const GateContext& context, const Material& material, GateCheck& check) {
  const auto& [plan, values, found, alpha] = material;
  const std::optional<Widest> widest = WidestOf(found);
  if (!widest) {
    return Undecided(check, "requests that were cut off hide the true p50 of its steps");
  }
  const Rise rise{widest->step, StepStatistic::kP50, widest->effect, *check.p_value};
  Fill(values, plan, rise, check);
  check.detectable = RatioOf(DetectableDifference(widest->effect, alpha));
  const std::string least_sure =
      fmt::format("least sure p50 of {}, {} ({})", Where(plan, rise.step),
                  FormatChange(*check.change_ratio), Numbers(check));
  if (widest->upper < std::log1p(check.tolerance)) {
    check.verdict = Verdict::kPass;
    check.reason = fmt::format("no step got slower by the tolerance of {}: {}; {}",
                               ToleranceOf(check), least_sure, Extent(plan));
    return;
  }
  const Evidence evidence{.difference = widest->effect.difference,
                          .upper = widest->upper,
                          .tolerance = std::log1p(check.tolerance),
                          .p = *check.p_value,
                          .alpha = alpha,
                          .may_fail = true,
                          .may_pass = true};
  check.verdict = Verdict::kInconclusive;
  check.runs_needed = MoreRuns(context, widest->effect, evidence);
  check.reason = fmt::format("a rise by {} of some step can be neither shown nor excluded: {}; {}",
                             ToleranceOf(check), least_sure, Extent(plan));
}

// The generator's lateness reaches all steps alike, so it may have made what all share.
std::string SharedTrouble(const GateContext& context, const Rise& rise, double alpha,
                          const GateCheck& check) {
  if (rise.step || rise.statistic == StepStatistic::kErrors) {
    return "";
  }
  const GateCriterion criterion{.kind = rise.statistic == StepStatistic::kP99
                                            ? GateCriterion::Kind::kResponseQuantile
                                            : GateCriterion::Kind::kResponseBody,
                                .tolerance = check.tolerance};
  const Evidence evidence{.difference = rise.effect.difference,
                          .upper = rise.effect.upper(kPassConfidence),
                          .tolerance = std::log1p(check.tolerance),
                          .p = rise.p,
                          .alpha = alpha,
                          .may_fail = true,
                          .may_pass = true};
  const DecidedBy decided{.effect = rise.effect, .p_factor = rise.p / rise.effect.p_upper()};
  return LatenessTrouble(SidesOf(context.baseline, context.candidate, ""), criterion, evidence,
                         decided, check);
}

}  // namespace

void JudgeEveryStep(const GateContext& context, const GateCriterion& criterion, double alpha,
                    GateCheck& check) {
  WEIR_CHECK(criterion.tolerance > 0);
  Material material{.plan = PlanOf(context), .values = {}, .found = {}, .alpha = alpha};
  const Plan& plan = material.plan;
  if (plan.steps.empty()) {
    return Undecided(check, fmt::format("no step has {} requests in each run", kRequestsMin));
  }
  for (const StepRuns& step : plan.steps) {
    material.values.push_back(ValuesOf(step));
  }
  material.found = CompareEveryStep(material.values, context.order);
  const std::optional<Rise> rise = Surest(material.found, criterion.tolerance);
  if (!rise) {
    check.runs_needed = kRunsForAnyTest;
    return Undecided(check, TooFewRuns(context));
  }
  Fill(material.values, plan, *rise, check);
  const bool sure = rise->p < alpha && context.order.design != RunDesign::kUnknown &&
                    rise->effect.difference >= SmallestRise(rise->statistic, criterion.tolerance);
  if (!sure) {
    return PassOrNot(context, material, check);
  }
  check.verdict = Verdict::kFail;
  if (const std::string trouble = SharedTrouble(context, *rise, alpha, check); !trouble.empty()) {
    return Undecided(check, trouble);
  }
  check.reason = FailReason(plan, *rise, check);
}

}  // namespace weir::analysis
