#include "analysis/run_statistics.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "analysis/distributions.h"
#include "analysis/quantile_interval.h"
#include "base/check.h"
#include "base/time.h"

namespace weir::analysis {
namespace {

constexpr double kLowerHalfFrom = 0.10;
constexpr double kLowerHalfTo = 0.50;
// So far below its quantile a smoothing over at least 5 tail values has no weight (below 1e-14).
constexpr double kSmoothingReach = 20;
constexpr double kSmoothingTailValues = 5;  // N (1 - q): values above the quantile in a smoothing.

// A bucket as the logarithm of its middle and the share of values below its ends.
struct LogBucket {
  double log_ns = 0;
  double from = 0;
  double to = 0;
};

double LogMiddle(const Histogram::Bucket& bucket) {
  const double middle =
      (static_cast<double>(bucket.lowest_ns) + static_cast<double>(bucket.highest_ns)) / 2;
  return std::log(std::max(middle, 1.0));
}

template <typename Visitor>
void ForEachLogBucket(const Histogram& histogram, Visitor visit) {
  const auto total = static_cast<double>(histogram.count());
  std::uint64_t seen = 0;
  histogram.ForEachBucket([&](const Histogram::Bucket& bucket) {
    const double from = static_cast<double>(seen) / total;
    seen += bucket.count;
    visit(LogBucket{LogMiddle(bucket), from, static_cast<double>(seen) / total});
  });
}

// Three significant digits: a value is off by at most half a bucket, evenly spread.
double ResolutionVariance() {
  constexpr double kRelativeWidth = 1.0 / Histogram::kSubBucketHalf;
  return kRelativeWidth * kRelativeWidth / 12;
}

// Mean lag; a request that is in the body is late by at most the body's upper end.
double BodyLatenessNs(const Histogram& lag, const Histogram& response) {
  const auto most = static_cast<double>(response.QuantileNs(kBodyTo));
  double sum = 0;
  lag.ForEachBucket([&](const Histogram::Bucket& bucket) {
    const double middle =
        (static_cast<double>(bucket.lowest_ns) + static_cast<double>(bucket.highest_ns)) / 2;
    sum += static_cast<double>(bucket.count) * std::min(middle, most);
  });
  return sum / static_cast<double>(lag.count());
}

const Histogram& HistogramOf(const LatencySet& set, LatencyKind kind) {
  switch (kind) {
    case LatencyKind::kResponse:
      return set.response;
    case LatencyKind::kService:
      return set.service;
    case LatencyKind::kSendLag:
      break;
  }
  return set.send_lag;
}

template <typename Visitor>
void ForEachMeasured(const Run& run, int step, Visitor visit) {
  for (const StepRecord& record : run.totals) {
    if (record.phase == Phase::kMeasure &&
        (step < 0 || record.step == static_cast<std::uint32_t>(step))) {
      visit(record);
    }
  }
}

}  // namespace

std::optional<double> MeanLogBetween(const Histogram& histogram, double from, double to) {
  WEIR_CHECK(from >= 0 && from < to && to <= 1);
  if (histogram.empty()) {
    return std::nullopt;
  }
  double sum = 0;
  ForEachLogBucket(histogram, [&](const LogBucket& bucket) {
    const double share = std::min(bucket.to, to) - std::max(bucket.from, from);
    sum += share > 0 ? share * bucket.log_ns : 0;
  });
  return sum / (to - from);
}

std::optional<double> SmoothedLogQuantile(const Histogram& histogram, double q) {
  WEIR_CHECK(q > 0 && q < 1);
  if (histogram.empty()) {
    return std::nullopt;
  }
  const auto values = static_cast<double>(histogram.count());
  const double size = std::min(kSmoothingTailValues / std::min(q, 1 - q), values);
  const double a = (size + 1) * q;
  const double b = (size + 1) * (1 - q);
  const double spread = std::sqrt(q * (1 - q) / (size + 2));
  const double first = size < values ? q - kSmoothingReach * spread : 0;
  double sum = 0;
  double below = 0;
  ForEachLogBucket(histogram, [&](const LogBucket& bucket) {
    if (bucket.to > first && below < 1) {
      const double cumulative = BetaCdf(std::min(bucket.to, 1.0), a, b);
      sum += (cumulative - below) * bucket.log_ns;
      below = cumulative;
    }
  });
  return sum;
}

RequestCounts MeasuredCounts(const Run& run, int step) {
  RequestCounts counts;
  ForEachMeasured(run, step, [&](const StepRecord& record) { counts += record.counts; });
  return counts;
}

LatencyView MeasuredLatency(const Run& run, LatencyKind kind, int step) {
  LatencyView all;
  ForEachMeasured(run, step, [&](const StepRecord& record) {
    LatencyView view = MergedLatency(record, kind);
    if (all.histogram.empty()) {
      all.histogram = std::move(view.histogram);
    } else {
      all.histogram.Merge(view.histogram);
    }
    all.censored += view.censored;
  });
  return all;
}

// A histogram has pages of its own: to make one for each run costs more than to read it.
const Histogram& MeasuredHistogram(const Run& run, LatencyKind kind, int step,
                                   std::optional<Histogram>& sum) {
  const Histogram* only = nullptr;
  int found = 0;
  ForEachMeasured(run, step, [&](const StepRecord& record) {
    for (const auto& [outcome, set] : record.latency) {
      const Histogram& histogram = HistogramOf(set, kind);
      if (!histogram.empty()) {
        only = &histogram;
        ++found;
      }
    }
  });
  if (found == 1) {
    return *only;
  }
  sum = MeasuredLatency(run, kind, step).histogram;
  return *sum;
}

RunStatistics StatisticsOf(const Run& run, int step) {
  RunStatistics statistics;
  statistics.response = MeasuredLatency(run, LatencyKind::kResponse, step);
  statistics.counts = MeasuredCounts(run, step);
  statistics.body = MeanLogBetween(statistics.response.histogram, kBodyFrom, kBodyTo);
  statistics.lower_half =
      MeanLogBetween(statistics.response.histogram, kLowerHalfFrom, kLowerHalfTo);
  statistics.error_ratio = statistics.counts.ErrorRatio();
  if (const double seconds = Seconds(run.measured); seconds > 0) {
    const std::uint64_t completed = statistics.counts.of(Outcome::kCompleted);
    statistics.achieved_per_s = static_cast<double>(completed) / seconds;
    statistics.planned_per_s = static_cast<double>(statistics.counts.planned) / seconds;
  }
  std::optional<Histogram> sum;
  if (const Histogram& lag = MeasuredHistogram(run, LatencyKind::kSendLag, step, sum);
      !lag.empty() && !statistics.response.histogram.empty()) {
    statistics.send_lag_p99_ns = static_cast<double>(lag.QuantileNs(0.99));
    statistics.body_lateness_ns = BodyLatenessNs(lag, statistics.response.histogram);
  }
  return statistics;
}

std::optional<int> StepIndex(const Run& run, std::string_view name) {
  if (name.empty()) {
    return -1;
  }
  for (std::size_t i = 0; i < run.plan.steps.size(); ++i) {
    if (run.plan.steps[i].step == name) {
      return static_cast<int>(i);
    }
  }
  return std::nullopt;
}

std::optional<double> MeanLogError(const Histogram& histogram, double from, double to) {
  const std::optional<double> mean = MeanLogBetween(histogram, from, to);
  if (!mean) {
    return std::nullopt;
  }
  // Winsorised: values beyond the edges count as the value at the edge.
  double sum = 0;
  double square_sum = 0;
  double at_from = 0;
  double at_to = 0;
  ForEachLogBucket(histogram, [&](const LogBucket& bucket) {
    at_from = bucket.from <= from ? bucket.log_ns : at_from;
    at_to = bucket.from < to ? bucket.log_ns : at_to;
    const double share = std::min(bucket.to, to) - std::max(bucket.from, from);
    if (share > 0) {
      const double offset = bucket.log_ns - *mean;
      sum += share * offset;
      square_sum += share * offset * offset;
    }
  });
  const double low = at_from - *mean;
  const double high = at_to - *mean;
  sum += from * low + (1 - to) * high;
  square_sum += from * low * low + (1 - to) * high * high;
  const double variance = std::max(square_sum - sum * sum, 0.0);
  const double kept = to - from;
  return std::sqrt(variance / (kept * kept * static_cast<double>(histogram.count())) +
                   ResolutionVariance());
}

std::optional<double> LogQuantileError(const Histogram& histogram, double q) {
  const std::optional<Interval> interval = QuantileInterval(histogram, q);
  if (!interval) {
    return std::nullopt;
  }
  const double width =
      std::log(std::max(interval->high, 1.0)) - std::log(std::max(interval->low, 1.0));
  const double error = width / (2 * NormalQuantile((1 + kConfidence) / 2));
  return std::sqrt(error * error + ResolutionVariance());
}

}  // namespace weir::analysis
