#include "analysis/gate_demands.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "analysis/criterion_value.h"
#include "analysis/distributions.h"
#include "analysis/exact_intervals.h"
#include "analysis/gate_inputs.h"
#include "analysis/gate_prose.h"
#include "analysis/run_statistics.h"
#include "base/check.h"
#include "base/text.h"

namespace weir::analysis {
namespace {

using Kind = GateCriterion::Kind;

enum class Held : std::uint8_t { kNo, kUnknown, kYes };

Held And(Held a, Held b) {
  return std::min(a, b);
}

Held Or(Held a, Held b) {
  return std::max(a, b);
}

/// A number as far as it is known; absent: nothing is.
struct Known {
  double point = 0;
  Interval interval;
};

/// What demands are held against.
struct Facts {
  Known value;
  std::optional<Known> change_ratio;
  std::optional<Known> change;
  Held without_change = Held::kUnknown;  ///< What a demand on an unknown change comes to.
  std::string why_no_change;
  bool lower_bound = false;
};

double Aggregate(std::vector<double> values, const std::optional<double>& quantile) {
  if (!quantile) {
    return MeanOf(values);
  }
  // The nearest rank, as for the value of a run.
  std::sort(values.begin(), values.end());
  const double rank = std::ceil(*quantile * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

// 90 % interval of the mean over runs; with fewer than three runs their range.
Interval OverRuns(std::span<const double> values) {
  if (values.size() < kRunsForAnyTest) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    return {.low = *low, .high = *high};
  }
  const double mean = MeanOf(values);
  double squares = 0;
  for (const double value : values) {
    squares += (value - mean) * (value - mean);
  }
  const auto count = static_cast<double>(values.size());
  const double half =
      StudentQuantile(kPassConfidence, count - 1) * std::sqrt(squares / (count - 1) / count);
  return {.low = mean - half, .high = mean + half};
}

// No error in a thousand requests is not "never": the interval is at least what the counts leave.
Interval WithCounts(Interval interval, std::span<const Run> runs, const std::string& step) {
  std::uint64_t wrong = 0;
  std::uint64_t planned = 0;
  for (const Run& run : runs) {
    const RequestCounts counts = MeasuredCounts(run, *StepIndex(run, step));
    planned += counts.planned;
    wrong += counts.planned - std::min(counts.planned, counts.of(Outcome::kCompleted));
  }
  const Interval exact = ClopperPearson(wrong, planned, 2 * kPassConfidence - 1);
  return {.low = std::max(0.0, std::min(interval.low, exact.low)),
          .high = std::max(interval.high, exact.high)};
}

Known ValueOver(std::span<const Run> runs, const PlainValues& values,
                const GateCriterion& criterion, DemandRule rule) {
  if (rule == DemandRule::kPoint) {
    const double mean = MeanOf(values.values);
    return {.point = mean, .interval = {.low = mean, .high = mean}};
  }
  if (criterion.kind == Kind::kErrorRate) {
    return {.point = MeanOf(values.values),
            .interval = WithCounts(OverRuns(values.values), runs, criterion.step)};
  }
  if (!values.positive || criterion.kind == Kind::kApdex) {
    return {.point = MeanOf(values.values), .interval = OverRuns(values.values)};
  }
  std::vector<double> logs;
  for (const double value : values.values) {
    logs.push_back(std::log(value));
  }
  const Interval interval = OverRuns(logs);
  return {.point = std::exp(MeanOf(logs)),
          .interval = {.low = std::exp(interval.low), .high = std::exp(interval.high)}};
}

double RatioTo(double value, double baseline) {
  if (baseline == 0) {
    return value == 0 ? 0 : std::numeric_limits<double>::infinity();
  }
  return value / baseline - 1;
}

// The change as the tests estimate it, with its interval; no value with too few runs a side.
std::optional<Known> EstimatedRatio(const GateContext& context, const PlainValues& before,
                                    const PlainValues& after) {
  if (!before.positive || !after.positive) {
    return std::nullopt;
  }
  constexpr double kErrorMin = 1e-6;
  const auto logs = [](std::vector<double> values) {
    std::transform(values.begin(), values.end(), values.begin(),
                   [](double v) { return std::log(v); });
    return values;
  };
  const auto effect = EstimateEffect(logs(before.values), logs(after.values), context.order,
                                     {.error_min = kErrorMin});
  if (!effect) {
    return std::nullopt;
  }
  return Known{.point = RatioOf(effect->difference),
               .interval = {.low = RatioOf(effect->lower(kPassConfidence)),
                            .high = RatioOf(effect->upper(kPassConfidence))}};
}

void AddChange(const GateContext& context, const GatePolicy& policy, const PlainValues& before,
               const PlainValues& after, Facts& facts) {
  const double aggregate = Aggregate(before.values, policy.aggregate_quantile);
  const Known& value = facts.value;
  const auto against = [&](const Interval& interval) {
    return Known{.point = RatioTo(value.point, aggregate),
                 .interval = {.low = RatioTo(interval.low, aggregate),
                              .high = RatioTo(interval.high, aggregate)}};
  };
  const bool few = before.values.size() < kRunsForAnyTest || after.values.size() < kRunsForAnyTest;
  if (policy.demand_rule == DemandRule::kPoint || policy.aggregate_quantile) {
    if (policy.demand_rule == DemandRule::kInterval && after.values.size() < kRunsForAnyTest) {
      facts.why_no_change = TooFewRuns(context);
      return;
    }
    facts.change_ratio = against(value.interval);
  } else if (few) {
    facts.why_no_change = TooFewRuns(context);
    return;
  } else {
    facts.change_ratio = EstimatedRatio(context, before, after);
    if (!facts.change_ratio) {
      facts.change_ratio = against(value.interval);
    }
  }
  facts.change = Known{
      .point = value.point - aggregate,
      .interval = {.low = value.interval.low - aggregate, .high = value.interval.high - aggregate}};
}

Held Holds(const Demand& demand, const Known& known, bool may_be_higher) {
  const double limit = demand.limit;
  const auto below = [&](double x) {
    return demand.op == Demand::Op::kLess ? x < limit : x <= limit;
  };
  const auto above = [&](double x) {
    return demand.op == Demand::Op::kGreater ? x > limit : x >= limit;
  };
  const Interval& in = known.interval;
  switch (demand.op) {
    case Demand::Op::kLess:
    case Demand::Op::kLessEqual:
      return !below(in.low)                     ? Held::kNo
             : below(in.high) && !may_be_higher ? Held::kYes
                                                : Held::kUnknown;
    case Demand::Op::kGreater:
    case Demand::Op::kGreaterEqual:
      return above(in.low)                     ? Held::kYes
             : above(in.high) || may_be_higher ? Held::kUnknown
                                               : Held::kNo;
    case Demand::Op::kEqual:
      return known.point == limit ? Held::kYes : Held::kNo;
  }
  WEIR_CHECK(false);
}

Held Holds(const Demand& demand, const Facts& facts) {
  if (demand.of == Demand::Of::kValue) {
    return Holds(demand, facts.value, facts.lower_bound);
  }
  const auto& change = demand.of == Demand::Of::kChangeRatio ? facts.change_ratio : facts.change;
  return change ? Holds(demand, *change, facts.lower_bound) : facts.without_change;
}

Held AnySet(const std::vector<DemandSet>& sets, const Facts& facts) {
  Held any = Held::kNo;
  for (const DemandSet& set : sets) {
    Held all = Held::kYes;
    for (const Demand& demand : set) {
      all = And(all, Holds(demand, facts));
    }
    any = Or(any, all);
  }
  return any;
}

Verdict VerdictOf(Held passes, Held warns) {
  if (passes == Held::kYes) {
    return Verdict::kPass;
  }
  if (passes == Held::kUnknown || warns == Held::kUnknown) {
    return Verdict::kInconclusive;
  }
  return warns == Held::kYes ? Verdict::kWarn : Verdict::kFail;
}

// The demands that are `held`, quoted.
std::string Listed(const std::vector<DemandSet>& sets, const Facts& facts, Held held) {
  std::vector<std::string> texts;
  for (const DemandSet& set : sets) {
    for (const Demand& demand : set) {
      if (Holds(demand, facts) == held) {
        texts.push_back("'" + Printable(demand.text, 60) + "'");
      }
    }
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string Numbers(const GateCheck& check, const Facts& facts) {
  const auto value = [&](double x) { return ValueText(x, check.unit); };
  std::string text = fmt::format("{} is {}", SubjectOf(check), value(facts.value.point));
  if (facts.value.interval.low != facts.value.interval.high) {
    text += fmt::format(" (interval {} to {})", value(facts.value.interval.low),
                        value(facts.value.interval.high));
  }
  if (check.baseline && check.change_ratio) {
    text += fmt::format(", {} of {}", FormatChange(*check.change_ratio), value(*check.baseline));
  }
  return text;
}

std::string Meaning(const GateCriterion& criterion, const Facts& facts, Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "as demanded";
    case Verdict::kWarn:
      return "which misses " + Listed(criterion.pass, facts, Held::kNo) +
             " but is good enough for a warning";
    case Verdict::kFail:
      return "which misses " + Listed(criterion.pass, facts, Held::kNo) +
             (criterion.warn.empty() ? "" : " and " + Listed(criterion.warn, facts, Held::kNo));
    case Verdict::kInconclusive:
      break;
  }
  std::string open = Listed(criterion.pass, facts, Held::kUnknown);
  open = open.empty() ? Listed(criterion.warn, facts, Held::kUnknown) : open;
  return fmt::format("so whether {} holds cannot be told{}", open,
                     facts.why_no_change.empty() ? "" : ": " + facts.why_no_change);
}

Held AsHeld(OnMissing rule) {
  switch (rule) {
    case OnMissing::kPass:
      return Held::kYes;
    case OnMissing::kFail:
      return Held::kNo;
    case OnMissing::kInconclusive:
      break;
  }
  return Held::kUnknown;
}

void Show(const Facts& facts, GateCheck& check) {
  check.candidate = facts.value.point;
  if (facts.change_ratio && std::isfinite(facts.change_ratio->point)) {
    // Of a ratio the change is a difference, as everywhere.
    const Known& shown =
        check.unit == "ratio" && facts.change ? *facts.change : *facts.change_ratio;
    check.change_ratio = shown.point;
    if (shown.interval.low != shown.interval.high && std::isfinite(shown.interval.high)) {
      check.interval = shown.interval;
    }
  }
}

}  // namespace

std::string DemandText(const GateCriterion& criterion) {
  const auto sets = [](const std::vector<DemandSet>& all) {
    std::string text;
    for (const DemandSet& set : all) {
      std::vector<std::string> demands;
      for (const Demand& demand : set) {
        demands.push_back(Printable(demand.text, 60));
      }
      text += fmt::format("{}{}", text.empty() ? "" : ", or ", fmt::join(demands, " and "));
    }
    return text;
  };
  return sets(criterion.pass) + (criterion.warn.empty() ? "" : "; warns " + sets(criterion.warn));
}

void JudgeDemands(const GateContext& context, const GatePolicy& policy,
                  const GateCriterion& criterion, GateCheck& check) {
  check.unit = UnitOf(criterion);
  check.demand = DemandText(criterion);
  check.tolerance = 0;
  const PlainValues after = ValuesOf(context.candidate, criterion);
  if (!after.missing.empty()) {
    Undecided(check, after.missing);
    return Missing(check, policy.on_missing);
  }
  Facts facts;
  facts.value = ValueOver(context.candidate, after, criterion, policy.demand_rule);
  facts.lower_bound = after.lower_bound;
  facts.without_change = Held::kUnknown;
  const PlainValues before = ValuesOf(context.baseline, criterion);
  if (!context.blocker.empty() || context.baseline.empty() || !before.missing.empty()) {
    facts.why_no_change = context.blocker.empty() ? before.missing : context.blocker;
    facts.without_change =
        AsHeld(context.baseline.empty() ? policy.on_no_baseline : OnMissing::kInconclusive);
  } else {
    check.baseline = Aggregate(before.values, policy.aggregate_quantile);
    AddChange(context, policy, before, after, facts);
  }
  Show(facts, check);
  if (criterion.pass.empty()) {
    check.verdict = Verdict::kPass;
    check.weight = 0;
    check.reason = Numbers(check, facts) + "; the policy demands nothing of it";
    return;
  }
  check.verdict = VerdictOf(AnySet(criterion.pass, facts), AnySet(criterion.warn, facts));
  check.reason = Numbers(check, facts) + ", " + Meaning(criterion, facts, check.verdict);
  if (check.verdict == Verdict::kInconclusive && context.candidate.size() < kRunsForAnyTest) {
    check.runs_needed = kRunsForAnyTest;
  }
}

}  // namespace weir::analysis
