#include "analysis/run_metric.h"

#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "analysis/apdex.h"
#include "analysis/distributions.h"
#include "analysis/quantile_interval.h"
#include "analysis/run_statistics.h"
#include "base/text.h"
#include "base/time.h"

namespace weir::analysis {
namespace {

tl::unexpected<Error> UnknownMetric(std::string_view name) {
  return UsageError(fmt::format(
      "'{}' is not a metric\n  hint: response_time.p99 (any quantile), "
      "response_time.body, the same of service_time and send_lag, throughput, error_rate, "
      "apdex.500ms (any T)",
      Printable(name, 60)));
}

// "p99.9" as 0.999.
std::optional<double> QuantileIn(std::string_view text) {
  if (!text.starts_with("p")) {
    return std::nullopt;
  }
  double percent = 0;
  const auto read = std::from_chars(text.data() + 1, text.data() + text.size(), percent);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole && percent > 0 && percent < 100 ? std::optional(percent / 100) : std::nullopt;
}

RunMetricValue LatencyValue(const LatencyView& view, const RunMetric& metric) {
  RunMetricValue result;
  if (view.histogram.empty()) {
    result.reason = "no request was measured";
    return result;
  }
  // The errors are those of the logarithm.
  std::optional<double> log_error;
  if (metric.kind == RunMetric::Kind::kBody) {
    result.value = std::exp(*MeanLogBetween(view.histogram, kBodyFrom, kBodyTo));
    log_error = MeanLogError(view.histogram, kBodyFrom, kBodyTo);
  } else {
    const KnownQuantile known = QuantileOf(view, metric.q);
    result.value = known.value_ns;
    result.reason = known.value_ns ? "" : known.reason;
    log_error = LogQuantileError(view.histogram, metric.q);
  }
  if (result.value && log_error) {
    result.error = *result.value * *log_error;
  }
  return result;
}

RunMetricValue CountValue(const Run& run, const StepRecord& total, const RunMetric& metric) {
  RunMetricValue result;
  const auto planned = static_cast<double>(total.counts.planned);
  if (metric.kind == RunMetric::Kind::kErrorRate) {
    result.value = total.counts.ErrorRatio();
    result.reason = result.value ? "" : "no request was planned";
    if (result.value) {
      // Half a request more of either kind: no error in n requests is not certainty.
      const double wrong = *result.value * planned;
      result.error =
          std::sqrt((wrong + 0.5) * (planned - wrong + 0.5) / (planned + 1)) / (planned + 1);
    }
    return result;
  }
  const double seconds = Seconds(run.measured);
  if (seconds <= 0) {
    result.reason = "the run ended before its measured phase";
    return result;
  }
  result.value = static_cast<double>(total.completed_in_window) / seconds;
  return result;
}

RunMetricValue ApdexValue(const Run& run, int step, const RunMetric& metric) {
  RunMetricValue result;
  const std::optional<Apdex> apdex = ApdexOf(run, step, metric.apdex_t);
  if (!apdex) {
    result.reason = "no request was planned";
    return result;
  }
  result.value = apdex->score;
  // The interval is 95 % of a score that is close to normal, or at an end of its range.
  result.error = (apdex->interval.high - apdex->interval.low) / (2 * NormalQuantile(0.975));
  return result;
}

}  // namespace

Result<RunMetric> ParseRunMetric(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, LatencyKind>, 3> kLatencies = {
      {{"response_time.", LatencyKind::kResponse},
       {"service_time.", LatencyKind::kService},
       {"send_lag.", LatencyKind::kSendLag}}};
  RunMetric metric;
  metric.name = name;
  if (name == "throughput") {
    metric.kind = RunMetric::Kind::kThroughput;
    metric.unit = "per_s";
    return metric;
  }
  if (name == "error_rate") {
    metric.kind = RunMetric::Kind::kErrorRate;
    metric.unit = "ratio";
    return metric;
  }
  constexpr std::string_view kApdex = "apdex.";
  if (name.starts_with(kApdex)) {
    const Result<Nanos> t = ParseDuration(name.substr(kApdex.size()));
    if (!t || *t <= Nanos(0)) {
      return UnknownMetric(name);
    }
    metric.kind = RunMetric::Kind::kApdex;
    metric.apdex_t = *t;
    metric.unit = "score";
    return metric;
  }
  metric.unit = "ns";
  for (const auto& [prefix, kind] : kLatencies) {
    if (!name.starts_with(prefix)) {
      continue;
    }
    metric.latency = kind;
    const std::string_view rest = name.substr(prefix.size());
    if (rest == "body") {
      metric.kind = RunMetric::Kind::kBody;
      return metric;
    }
    if (const std::optional<double> q = QuantileIn(rest)) {
      metric.q = *q;
      return metric;
    }
  }
  return UnknownMetric(name);
}

RunMetricValue ValueOf(const Run& run, const RunMetric& metric, std::string_view step) {
  return ValuesOf(run, std::span(&metric, 1), step).front();
}

std::vector<RunMetricValue> ValuesOf(const Run& run, std::span<const RunMetric> metrics,
                                     std::string_view step) {
  const std::optional<int> index = StepIndex(run, step);
  if (!index) {
    RunMetricValue none;
    none.reason = fmt::format("the run has no step '{}'", Printable(step, 60));
    return std::vector<RunMetricValue>(metrics.size(), none);
  }
  const StepRecord total = run.Total(Phase::kMeasure, *index);
  std::map<LatencyKind, LatencyView> views;
  std::vector<RunMetricValue> values;
  for (const RunMetric& metric : metrics) {
    if (metric.kind == RunMetric::Kind::kApdex) {
      values.push_back(ApdexValue(run, *index, metric));
    } else if (metric.kind == RunMetric::Kind::kQuantile || metric.kind == RunMetric::Kind::kBody) {
      auto view = views.find(metric.latency);
      if (view == views.end()) {
        view = views.emplace(metric.latency, MergedLatency(total, metric.latency)).first;
      }
      values.push_back(LatencyValue(view->second, metric));
    } else {
      values.push_back(CountValue(run, total, metric));
    }
  }
  return values;
}

}  // namespace weir::analysis
