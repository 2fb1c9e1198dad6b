#include "analysis/criterion_value.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "analysis/apdex.h"
#include "analysis/gate_inputs.h"
#include "analysis/gate_prose.h"
#include "analysis/quantile_interval.h"
#include "analysis/run_metric.h"
#include "analysis/run_statistics.h"
#include "base/check.h"
#include "base/summary_metric.h"
#include "base/text.h"

namespace weir::analysis {
namespace {

using Kind = GateCriterion::Kind;

constexpr std::string_view kCpuPerRequest = "cpu_s_per_request";
constexpr std::string_view kMemoryMax = "memory_max";
constexpr std::string_view kRealTime = "real_time";
constexpr std::string_view kCpuTime = "cpu_time";

CriterionValue None(std::string why) {
  return {.value = {}, .lower_bound = false, .missing = std::move(why)};
}

CriterionValue Known(double value) {
  return {.value = value, .lower_bound = false, .missing = ""};
}

CriterionValue SummaryOf(const Run& run, const GateCriterion& criterion) {
  const std::string name = SummaryMetric(MetricName(criterion));
  const auto found = std::find_if(run.target_metrics.begin(), run.target_metrics.end(),
                                  [&](const TargetMetric& metric) { return metric.name == name; });
  return found == run.target_metrics.end() || !criterion.step.empty()
             ? None("no response time was measured")
             : Known(found->last);
}

CriterionValue LatencyOf(const Run& run, int step, const GateCriterion& criterion) {
  if (criterion.window.count() > 0) {
    const CriterionValue worst = SummaryOf(run, criterion);
    return worst.value
               ? worst
               : None(fmt::format("{} has no such stretch with enough requests", RunName(run)));
  }
  const LatencyView view = MeasuredLatency(run, LatencyKind::kResponse, step);
  if (view.histogram.empty()) {
    return SummaryOf(run, criterion);
  }
  if (criterion.kind == Kind::kResponseQuantile) {
    const KnownQuantile known = QuantileOf(view, criterion.quantile);
    return known.value_ns ? CriterionValue{.value = known.value_ns,
                                           .lower_bound = known.lower_bound,
                                           .missing = ""}
                          : None(known.reason);
  }
  return {.value = view.histogram.mean_ns(), .lower_bound = view.censored > 0, .missing = ""};
}

// Counts per second; of a counter that was looked at once nothing is known.
std::optional<double> RateOf(const TargetMetric& metric) {
  if (metric.last_second <= metric.first_second) {
    return std::nullopt;
  }
  return (metric.last - metric.first) / (metric.last_second - metric.first_second);
}

CriterionValue CpuPerRequest(const Run& run) {
  const auto cpu =
      std::find_if(run.target_metrics.begin(), run.target_metrics.end(),
                   [](const TargetMetric& metric) { return metric.name.ends_with("_cpu_s"); });
  if (cpu == run.target_metrics.end()) {
    return None("the target's processor time was not recorded");
  }
  const std::optional<double> cores = RateOf(*cpu);
  const std::optional<double> rate = StatisticsOf(run).achieved_per_s;
  if (!cores || !rate || *rate <= 0) {
    return None("the target's processor time was recorded once only, or no request completed");
  }
  return Known(*cores / *rate);
}

CriterionValue MemoryMax(const Run& run) {
  std::optional<double> most;
  for (const TargetMetric& metric : run.target_metrics) {
    if (metric.name.ends_with("memory_bytes") || metric.name.ends_with("rss_bytes")) {
      most = std::max(most.value_or(0), metric.max);
    }
  }
  return most ? Known(*most) : None("the target's memory was not recorded");
}

// The middle repetition: a wild one among them moves it little.
double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

CriterionValue MeasurementOf(const Run& run, int step, const std::string& name) {
  if (step < 0) {
    return None("it was measured for each benchmark; name one as the step");
  }
  for (const Measurement& measurement : run.measurements) {
    if (measurement.step == static_cast<std::uint32_t>(step) && measurement.name == name &&
        !measurement.values.empty()) {
      return measurement.unit.ends_with("per_s")
                 ? None("of a rate less would be worse; judge real_time or cpu_time")
                 : Known(Median(measurement.values));
    }
  }
  return None(fmt::format("{} has no '{}' of it", RunName(run), Printable(name, 60)));
}

CriterionValue ResourceOf(const Run& run, const std::string& name) {
  if (name == kCpuPerRequest) {
    return CpuPerRequest(run);
  }
  if (name == kMemoryMax) {
    return MemoryMax(run);
  }
  const auto found = std::find_if(run.target_metrics.begin(), run.target_metrics.end(),
                                  [&](const TargetMetric& metric) { return metric.name == name; });
  if (found == run.target_metrics.end()) {
    return None(fmt::format("the run recorded no metric '{}' of the target", Printable(name, 60)));
  }
  if (!found->IsCounter()) {
    return Known(found->max);
  }
  const std::optional<double> rate = RateOf(*found);
  return rate ? Known(*rate) : None("a counter that was looked at once has no rate");
}

}  // namespace

CriterionValue ValueOf(const Run& run, const GateCriterion& criterion) {
  const bool resource = criterion.kind == Kind::kResource;
  if (resource && run.measurements.empty()) {
    return ResourceOf(run, criterion.resource);
  }
  const std::optional<int> step = StepIndex(run, criterion.step);
  if (!step) {
    return None(fmt::format("{} has no step '{}'", RunName(run), Printable(criterion.step, 60)));
  }
  if (resource) {
    return MeasurementOf(run, *step, criterion.resource);
  }
  const RunMetric plain = {
      .name = "",
      .unit = "",
      .kind = criterion.kind == Kind::kThroughput  ? RunMetric::Kind::kThroughput
              : criterion.kind == Kind::kErrorRate ? RunMetric::Kind::kErrorRate
                                                   : RunMetric::Kind::kBody};
  switch (criterion.kind) {
    case Kind::kResponseQuantile:
    case Kind::kResponseMean:
      return LatencyOf(run, *step, criterion);
    case Kind::kApdex: {
      const std::optional<Apdex> apdex = ApdexOf(run, *step, criterion.apdex_t);
      return apdex ? Known(apdex->score) : None("no request was measured");
    }
    case Kind::kResponseBody:
    case Kind::kThroughput:
    case Kind::kErrorRate: {
      const RunMetricValue value = ValueOf(run, plain, criterion.step);
      return {.value = value.value, .lower_bound = false, .missing = value.reason};
    }
    case Kind::kResource:
    case Kind::kEveryStep:
    case Kind::kDistribution:
      break;
  }
  WEIR_CHECK(false);
}

bool OnlySummaries(std::span<const Run> runs) {
  return !runs.empty() && std::all_of(runs.begin(), runs.end(), [](const Run& run) {
    const bool summed = std::any_of(
        run.target_metrics.begin(), run.target_metrics.end(),
        [](const TargetMetric& metric) { return metric.name.starts_with(SummaryMetric("")); });
    return summed && MeasuredLatency(run, LatencyKind::kResponse).histogram.empty();
  });
}

PlainValues ValuesOf(std::span<const Run> runs, const GateCriterion& criterion) {
  PlainValues all;
  for (const Run& run : runs) {
    const CriterionValue one = ValueOf(run, criterion);
    if (!one.value) {
      all.missing = one.missing;
      return all;
    }
    all.values.push_back(*one.value);
    all.positive = all.positive && *one.value > 0;
    all.lower_bound = all.lower_bound || one.lower_bound;
  }
  return all;
}

std::string UnitOf(const GateCriterion& criterion) {
  switch (criterion.kind) {
    case Kind::kThroughput:
      return "per_s";
    case Kind::kErrorRate:
    case Kind::kApdex:
      return "ratio";
    case Kind::kResource:
      return criterion.resource == kCpuPerRequest                                ? "s"
             : criterion.resource == kMemoryMax                                  ? "bytes"
             : criterion.resource == kRealTime || criterion.resource == kCpuTime ? "ns"
                                                                                 : "";
    case Kind::kResponseBody:
    case Kind::kResponseQuantile:
    case Kind::kResponseMean:
    case Kind::kEveryStep:
    case Kind::kDistribution:
      break;
  }
  return "ns";
}

bool LowerIsWorse(const GateCriterion& criterion) {
  return criterion.kind == Kind::kThroughput || criterion.kind == Kind::kApdex;
}

}  // namespace weir::analysis
