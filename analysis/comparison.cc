#include "analysis/comparison.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "analysis/effect.h"
#include "analysis/gate_inputs.h"
#include "analysis/multiplicity.h"
#include "analysis/quantile_interval.h"
#include "analysis/run_series.h"
#include "base/text.h"

namespace weir::analysis {
namespace {

constexpr std::array kQuantiles = {0.5, 0.9, 0.95, 0.99, 0.999};
constexpr double kTwoSided = (1 + kConfidence) / 2;  // One-sided level of a 95 % interval.
constexpr double kSignificant = 0.05;
constexpr double kInsideErrorShare = 0.25;  // As in the gate.
constexpr std::string_view kOneRun =
    "one run a side: how much runs differ by themselves is not known, so nothing can be said about "
    "significance";

double MeanExp(std::span<const double> logs) {
  double sum = 0;
  for (const double value : logs) {
    sum += value;
  }
  return std::exp(sum / static_cast<double>(logs.size()));
}

double Ratio(double log_ratio) {
  constexpr double kLogMax = 20;
  return std::expm1(std::min(log_ratio, kLogMax));
}

std::string TooFewRuns(std::size_t a, std::size_t b) {
  return a == 1 && b == 1
             ? std::string(kOneRun)
             : fmt::format("{} and {} runs: too few to know how much runs differ by themselves", a,
                           b);
}

// Effect, interval and p-value of a series of logarithms; `sign` -1 where larger is worse but
// people read the reciprocal.
void FillEffect(const RunSeries& series, const RunOrder& order, double sign,
                ComparedMetric& metric) {
  const auto effect = EstimateEffect(series.a, series.b, order,
                                     {.error_min = kInsideErrorShare * series.error_inside});
  if (!effect) {
    metric.change = Ratio(std::log(MeanExp(series.b) / MeanExp(series.a)) * sign);
    metric.note = TooFewRuns(series.a.size(), series.b.size());
    return;
  }
  const double one = sign * effect->lower(kTwoSided);
  const double other = sign * effect->upper(kTwoSided);
  metric.change = Ratio(sign * effect->difference);
  metric.interval = Interval{Ratio(std::min(one, other)), Ratio(std::max(one, other))};
  const double p = effect->p_upper();
  metric.p_value = std::min(1.0, 2 * std::min(p, 1 - p));
  if (metric.unit == "ns") {
    metric.a = std::exp(effect->level_a);
    metric.b = std::exp(effect->level_a + effect->difference);
  }
}

ComparedMetric CompareLatency(const RunSeries& series, const RunOrder& order, std::string name) {
  ComparedMetric metric;
  metric.metric = "response_time." + std::move(name);
  metric.unit = "ns";
  if (!series.missing.empty()) {
    metric.note = series.missing;
    return metric;
  }
  metric.a = MeanExp(series.a);
  metric.b = MeanExp(series.b);
  FillEffect(series, order, 1, metric);
  if (series.lower_bound_a || series.lower_bound_b) {
    metric.note = "requests that were cut off before they were answered hide the true value";
    metric.interval.reset();
    metric.p_value.reset();
  }
  return metric;
}

ComparedMetric CompareQuantile(const Sides& sides, const RunOrder& order, double q) {
  ComparedMetric metric = CompareLatency(QuantileSeries(sides, q), order, QuantileName(q));
  if (sides.a.size() == 1 && sides.b.size() == 1) {
    const KnownQuantile a = QuantileOf(sides.a.front().response, q);
    const KnownQuantile b = QuantileOf(sides.b.front().response, q);
    metric.a = a.value_ns;
    metric.b = b.value_ns;
    metric.within_a = a.interval;
    metric.within_b = b.interval;
    if (a.value_ns && b.value_ns && *a.value_ns > 0) {
      metric.change = *b.value_ns / *a.value_ns - 1;
    }
  }
  return metric;
}

std::optional<double> MeanRate(std::span<const RunStatistics> runs) {
  double sum = 0;
  for (const RunStatistics& run : runs) {
    if (!run.achieved_per_s) {
      return std::nullopt;
    }
    sum += *run.achieved_per_s;
  }
  return sum / static_cast<double>(runs.size());
}

ComparedMetric CompareThroughput(const Sides& sides, const RunOrder& order, bool open_loop) {
  ComparedMetric metric;
  metric.metric = "throughput";
  metric.unit = "per_s";
  metric.a = MeanRate(sides.a);
  metric.b = MeanRate(sides.b);
  const RunSeries series = SlownessSeries(sides, open_loop);
  if (!series.missing.empty()) {
    metric.note = series.missing;
    return metric;
  }
  FillEffect(series, order, -1, metric);
  return metric;
}

ComparedMetric CompareErrors(const Sides& sides) {
  ComparedMetric metric;
  metric.metric = "error_rate";
  metric.unit = "ratio";
  const std::vector<ErrorCount> a = ErrorCounts(sides.a);
  const std::vector<ErrorCount> b = ErrorCounts(sides.b);
  if (a.empty() || b.empty()) {
    metric.note = "a run has no measured requests";
    return metric;
  }
  if (const auto effect = EstimateErrorEffect(a, b, kConfidence)) {
    metric.a = effect->ratio_a;
    metric.b = effect->ratio_b;
    metric.interval = effect->interval;
    metric.p_value = effect->p_two_sided;
  } else {
    metric.a = sides.a.front().error_ratio;
    metric.b = sides.b.front().error_ratio;
    metric.note = TooFewRuns(a.size(), b.size());
  }
  metric.change = *metric.b - *metric.a;
  return metric;
}

void CompareStep(std::span<const Run> a, std::span<const Run> b, const RunOrder& order,
                 const std::string& step, Comparison& comparison) {
  const Sides sides = SidesOf(a, b, step);
  if (!sides.missing.empty()) {
    comparison.warnings.push_back(
        fmt::format("step '{}' is left out: {}", Printable(step), sides.missing));
    return;
  }
  std::vector<ComparedMetric> metrics;
  metrics.push_back(CompareLatency(BodySeries(sides), order, "body"));
  for (const double q : kQuantiles) {
    metrics.push_back(CompareQuantile(sides, order, q));
  }
  metrics.push_back(CompareThroughput(sides, order, a.front().plan.open_loop));
  metrics.push_back(CompareErrors(sides));
  for (ComparedMetric& metric : metrics) {
    metric.step = step;
    comparison.metrics.push_back(std::move(metric));
  }
}

void AdjustForNumber(std::vector<ComparedMetric>& metrics) {
  std::vector<ComparedMetric*> tested;
  std::vector<double> p_values;
  for (ComparedMetric& metric : metrics) {
    if (metric.p_value) {
      tested.push_back(&metric);
      p_values.push_back(*metric.p_value);
    }
  }
  const std::vector<double> adjusted = HolmAdjusted(p_values);
  for (std::size_t i = 0; i < tested.size(); ++i) {
    tested[i]->p_adjusted = adjusted[i];
  }
}

std::string Summarise(const Comparison& comparison) {
  std::size_t tested = 0;
  std::size_t differ = 0;
  for (const ComparedMetric& metric : comparison.metrics) {
    tested += metric.p_value ? 1U : 0U;
    differ += metric.p_adjusted && *metric.p_adjusted < kSignificant ? 1U : 0U;
  }
  if (tested == 0) {
    return comparison.metrics.empty() ? "there is nothing to compare"
                                      : std::string(comparison.metrics.front().note);
  }
  return fmt::format("{} of {} metrics differ (p below 0.05 after Holm's correction)", differ,
                     tested);
}

}  // namespace

Comparison Compare(std::span<const Run> a, std::span<const Run> b) {
  Comparison comparison;
  const RunOrder order = OrderOf(a, b);
  comparison.design = RunDesignName(order.design);
  GateInputs inputs = CheckGateInputs(a, b, order);
  comparison.warnings = std::move(inputs.warnings);
  if (!inputs.blocker.empty()) {
    comparison.warnings.insert(comparison.warnings.begin(), inputs.blocker);
  }
  if (!a.empty() && !b.empty()) {
    CompareStep(a, b, order, "", comparison);
    for (const StepName& name : a.front().plan.steps) {
      CompareStep(a, b, order, name.step, comparison);
    }
  }
  AdjustForNumber(comparison.metrics);
  comparison.summary = Summarise(comparison);
  return comparison;
}

}  // namespace weir::analysis
