#include "analysis/thresholds.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "analysis/quantile_interval.h"
#include "base/check.h"
#include "base/text.h"

namespace weir::analysis {
namespace {

using Metric = Threshold::Metric;
using Op = Threshold::Op;

constexpr double kUnbounded = std::numeric_limits<double>::infinity();

// What is known of a statistic: a range, or why there is none.
struct Knowledge {
  std::optional<Interval> range;
  std::string reason;
};

Knowledge Exactly(std::optional<double> value, const char* otherwise) {
  if (!value) {
    return {.range = std::nullopt, .reason = otherwise};
  }
  return {.range = Interval{*value, *value}, .reason = ""};
}

// A value that requests which were cut off may raise without end.
Interval AtLeast(double value, const LatencyView& view) {
  Interval range{.low = value, .high = value};
  if (view.censored > 0) {
    range.high = kUnbounded;
  }
  return range;
}

// The value of rank `rank` and, if every censored request lasted for ever, what it would be.
Interval AtRank(const LatencyView& view, std::uint64_t rank) {
  const auto value = static_cast<double>(view.histogram.ValueAtRankNs(rank));
  const std::uint64_t shifted = rank + view.censored;
  const double highest = shifted > view.histogram.count()
                             ? kUnbounded
                             : static_cast<double>(view.histogram.ValueAtRankNs(shifted));
  return {.low = value, .high = highest};
}

Knowledge OfQuantile(const LatencyView& view, double q) {
  const KnownQuantile known = QuantileOf(view, q);
  if (!known.value_ns) {
    return {.range = std::nullopt, .reason = known.reason};
  }
  const auto samples = static_cast<double>(known.samples);
  const double rank = std::clamp(std::ceil(q * samples), 1.0, samples);
  return {.range = AtRank(view, static_cast<std::uint64_t>(rank)), .reason = ""};
}

Knowledge OfLatency(const Threshold& threshold, const LatencyView& view) {
  const Histogram& values = view.histogram;
  if (values.empty()) {
    return {.range = std::nullopt, .reason = "no request has a response time"};
  }
  switch (threshold.metric) {
    case Metric::kQuantile:
      return OfQuantile(view, threshold.quantile);
    case Metric::kMin:
      return {.range = AtRank(view, 1), .reason = ""};
    case Metric::kMax:
      return {.range = AtLeast(static_cast<double>(values.max_ns()), view), .reason = ""};
    case Metric::kMean:
      return {.range = AtLeast(values.mean_ns(), view), .reason = ""};
    default:
      break;
  }
  WEIR_CHECK(false);
}

std::optional<double> Ratio(double part, double whole) {
  return whole > 0 ? std::optional(part / whole) : std::nullopt;
}

Knowledge Know(const Threshold& threshold, const ThresholdFigures& figures) {
  const auto completed = static_cast<double>(figures.completed);
  switch (threshold.metric) {
    case Metric::kErrorRate:
      return Exactly(figures.counts.ErrorRatio(), "no request was planned in the measured part");
    case Metric::kAchieved:
      return Exactly(Ratio(completed, static_cast<double>(figures.counts.planned)),
                     "no request was planned in the measured part");
    case Metric::kRate:
      return Exactly(Ratio(completed, Seconds(figures.measured)), "the run has no measured part");
    case Metric::kCount:
      return Exactly(static_cast<double>(figures.counts.of(Outcome::kCompleted)), "");
    default:
      return OfLatency(threshold, figures.latency);
  }
}

bool Holds(Op op, double value, double limit) {
  switch (op) {
    case Op::kLess:
      return value < limit;
    case Op::kLessEqual:
      return value <= limit;
    case Op::kGreater:
      return value > limit;
    case Op::kGreaterEqual:
      return value >= limit;
  }
  WEIR_CHECK(false);
}

ThresholdResult Exact(const Threshold& threshold, std::optional<double> value,
                      std::string otherwise) {
  ThresholdResult result;
  result.threshold = threshold;
  result.observed = value;
  if (!value) {
    result.reason = std::move(otherwise);
  } else {
    result.state = Holds(threshold.op, *value, threshold.limit) ? ThresholdResult::State::kPass
                                                                : ThresholdResult::State::kFail;
  }
  return result;
}

ThresholdResult OfValue(const Threshold& threshold, const Run& run) {
  const auto found =
      std::find_if(run.target_metrics.begin(), run.target_metrics.end(),
                   [&](const TargetMetric& metric) { return metric.name == threshold.name; });
  return found == run.target_metrics.end()
             ? Exact(threshold, std::nullopt,
                     fmt::format("the watched target gave no '{}'", Printable(threshold.name, 60)))
             : Exact(threshold, found->last, "");
}

ThresholdResult OfValidity(const Threshold& threshold, const Run& run) {
  if (!run.validity) {
    return Exact(threshold, std::nullopt, "the validity of the run was not judged");
  }
  const double best = static_cast<double>(Grade::kInvalid);
  ThresholdResult result = Exact(threshold, best - static_cast<double>(run.validity->grade), "");
  if (result.state == ThresholdResult::State::kFail && !run.validity->reasons.empty()) {
    result.reason = run.validity->reasons.front().text;
  }
  return result;
}

}  // namespace

void ThresholdFigures::Add(const StepRecord& record, LatencyKind kind) {
  counts += record.counts;
  completed += record.completed_in_window;
  LatencyView view = MergedLatency(record, kind);
  if (latency.histogram.empty()) {
    latency.histogram = std::move(view.histogram);
  } else {
    latency.histogram.Merge(view.histogram);
  }
  latency.censored += view.censored;
}

ThresholdSteps StepsOf(const Threshold& threshold, const std::vector<StepName>& steps) {
  ThresholdSteps chosen;
  for (const StepName& step : steps) {
    chosen.counts.push_back((threshold.step.empty() || step.step == threshold.step) &&
                            step.Has(threshold.tags));
  }
  const bool named = !threshold.step.empty() || !threshold.tags.empty();
  if (named && std::find(chosen.counts.begin(), chosen.counts.end(), true) == chosen.counts.end()) {
    chosen.missing =
        threshold.step.empty()
            ? fmt::format("the run has no step with the tags '{}'", TagsText(threshold.tags))
            : fmt::format("the run has no step '{}'", Printable(threshold.step));
  }
  return chosen;
}

ThresholdResult Evaluate(const Threshold& threshold, const ThresholdFigures& figures) {
  ThresholdResult result;
  result.threshold = threshold;
  const Knowledge knowledge = Know(threshold, figures);
  if (!knowledge.range) {
    result.reason = knowledge.reason;
    return result;
  }
  result.observed = knowledge.range->low;
  const bool at_lowest = Holds(threshold.op, knowledge.range->low, threshold.limit);
  const bool at_highest = Holds(threshold.op, knowledge.range->high, threshold.limit);
  if (at_lowest != at_highest) {
    result.reason = fmt::format("known only to be at least {}: {} of {} requests were cut off",
                                FormatDuration(FromSeconds(knowledge.range->low / 1e9)),
                                FormatCount(figures.latency.censored),
                                FormatCount(figures.latency.histogram.count()));
    return result;
  }
  result.state = at_lowest ? ThresholdResult::State::kPass : ThresholdResult::State::kFail;
  return result;
}

ThresholdResult Evaluate(const Threshold& threshold, const Run& run) {
  if (threshold.metric == Metric::kValue) {
    return OfValue(threshold, run);
  }
  if (threshold.metric == Metric::kValidity) {
    return OfValidity(threshold, run);
  }
  const ThresholdSteps steps = StepsOf(threshold, run.plan.steps);
  if (!steps.missing.empty()) {
    return Exact(threshold, std::nullopt, steps.missing);
  }
  ThresholdFigures figures;
  figures.measured = run.measured;
  for (const StepRecord& record : run.totals) {
    if (record.phase == Phase::kMeasure &&
        (record.step >= steps.counts.size() || steps.counts[record.step])) {
      figures.Add(record, threshold.latency);
    }
  }
  return Evaluate(threshold, figures);
}

}  // namespace weir::analysis
