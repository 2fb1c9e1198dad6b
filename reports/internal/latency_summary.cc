#include "reports/internal/latency_summary.h"

#include <algorithm>

#include "analysis/quantile_interval.h"

namespace weir::reports {
namespace {

constexpr double kWaitFactorMin = 1.5;

LatencyValue QuantileValue(const LatencyView& view, double quantile,
                           std::optional<std::uint64_t> cut_off_ns) {
  const analysis::KnownQuantile known = analysis::QuantileOf(view, quantile);
  LatencyValue value;
  value.value_ns = known.value_ns;
  // QuantileOf does not know which values are lower bounds and takes the worst case.
  value.lower_bound = known.value_ns.has_value() && known.lower_bound && cut_off_ns.has_value() &&
                      *known.value_ns >= static_cast<double>(*cut_off_ns);
  value.samples_needed = known.value_ns ? 0 : known.samples_needed;
  value.reason = known.value_ns ? std::string() : known.reason;
  return value;
}

LatencyValue ExtremeValue(const LatencyView& view, std::string_view key,
                          std::optional<std::uint64_t> cut_off_ns) {
  const Histogram& histogram = view.histogram;
  LatencyValue value;
  if (histogram.empty()) {
    value.samples_needed = 1;
    value.reason = "no samples";
    return value;
  }
  // A request that never came back could have been the slowest and moves the mean; the fastest is
  // in doubt only when nothing had come back by the first time that one was given up.
  const bool min = key == "min";
  value.lower_bound = min ? cut_off_ns && *cut_off_ns <= histogram.min_ns() : view.censored > 0;
  value.value_ns = min             ? static_cast<double>(histogram.min_ns())
                   : key == "mean" ? histogram.mean_ns()
                                   : static_cast<double>(histogram.max_ns());
  return value;
}

LatencySummary Summarise(const LatencyView& view, std::optional<std::uint64_t> cut_off_ns) {
  LatencySummary summary;
  summary.count = view.histogram.count();
  summary.censored = view.censored;
  for (std::size_t i = 0; i < kLatencyColumns.size(); ++i) {
    const LatencyColumn& column = kLatencyColumns[i];
    summary.values[i] = column.quantile < 0 ? ExtremeValue(view, column.key, cut_off_ns)
                                            : QuantileValue(view, column.quantile, cut_off_ns);
  }
  return summary;
}

}  // namespace

std::optional<std::uint64_t> ShortestCutOffNs(const StepRecord& record, LatencyKind kind) {
  std::optional<std::uint64_t> shortest;
  for (const Outcome outcome : {Outcome::kTimedOut, Outcome::kUnfinished}) {
    const auto found = record.latency.find(outcome);
    if (found == record.latency.end() || kind == LatencyKind::kSendLag) {
      continue;
    }
    const Histogram& histogram =
        kind == LatencyKind::kResponse ? found->second.response : found->second.service;
    if (!histogram.empty()) {
      shortest = std::min(shortest.value_or(histogram.min_ns()), histogram.min_ns());
    }
  }
  return shortest;
}

LatencySummary SummaryOf(const StepRecord& record, LatencyKind kind) {
  return Summarise(MergedLatency(record, kind), ShortestCutOffNs(record, kind));
}

LatencySummary SummaryOf(const StepRecord& record, LatencyPart part) {
  return Summarise({PartHistogram(record, part), 0}, std::nullopt);
}

LatencySummary SummaryOf(const StepRecord& record, UsageMetric metric) {
  const auto found = record.usage.find(metric);
  return Summarise({found == record.usage.end() ? Histogram() : found->second, 0}, std::nullopt);
}

LatencyTable LatencyTableOf(const StepRecord& record) {
  return {SummaryOf(record, LatencyKind::kResponse), SummaryOf(record, LatencyKind::kService),
          SummaryOf(record, LatencyKind::kSendLag)};
}

std::optional<double> WaitFactorAtP99(const LatencyTable& table) {
  const LatencyValue& response = table.response.values[kColumnP99];
  const LatencyValue& service = table.service.values[kColumnP99];
  if (!response.value_ns || !service.value_ns || *service.value_ns <= 0) {
    return std::nullopt;
  }
  const double factor = *response.value_ns / *service.value_ns;
  return factor >= kWaitFactorMin ? std::optional(factor) : std::nullopt;
}

Rates RatesOf(const Run& run, const StepRecord& record) {
  Rates rates;
  const double seconds = Seconds(run.measured);
  if (seconds <= 0) {
    return rates;
  }
  if (run.plan.open_loop) {
    rates.planned = static_cast<double>(record.counts.planned) / seconds;
  }
  rates.achieved = static_cast<double>(record.completed_in_window) / seconds;
  return rates;
}

}  // namespace weir::reports
