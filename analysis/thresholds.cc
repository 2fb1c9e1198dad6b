#include "analysis/thresholds.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "analysis/quantile_interval.h"
#include "analysis/run_statistics.h"
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
    case Metric::kMax: {
      const auto max = static_cast<double>(values.max_ns());
      return {.range = Interval{max, view.censored > 0 ? kUnbounded : max}, .reason = ""};
    }
    case Metric::kMean: {
      const double mean = values.mean_ns();
      return {.range = Interval{mean, view.censored > 0 ? kUnbounded : mean}, .reason = ""};
    }
    case Metric::kErrorRate:
    case Metric::kRate:
      break;
  }
  WEIR_CHECK(false);
}

Knowledge Know(const Threshold& threshold, const RunStatistics& statistics) {
  switch (threshold.metric) {
    case Metric::kErrorRate:
      return Exactly(statistics.error_ratio, "no request was planned in the measured part");
    case Metric::kRate:
      return Exactly(statistics.achieved_per_s, "the run has no measured part");
    default:
      return OfLatency(threshold, statistics.response);
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

}  // namespace

ThresholdResult Evaluate(const Threshold& threshold, const Run& run) {
  ThresholdResult result;
  result.threshold = threshold;
  const std::optional<int> step = StepIndex(run, threshold.step);
  if (!step) {
    result.reason = fmt::format("the run has no step '{}'", Printable(threshold.step));
    return result;
  }
  const RunStatistics statistics = StatisticsOf(run, *step);
  const Knowledge knowledge = Know(threshold, statistics);
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
                                FormatCount(statistics.response.censored),
                                FormatCount(statistics.response.histogram.count()));
    return result;
  }
  result.state = at_lowest ? ThresholdResult::State::kPass : ThresholdResult::State::kFail;
  return result;
}

}  // namespace weir::analysis
