#include "analysis/quantile_interval.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "analysis/distributions.h"
#include "base/check.h"
#include "base/text.h"

namespace weir::analysis {
namespace {

// The smallest k in [0, n] with P(X <= k) >= p for X ~ Binomial(n, q).
std::uint64_t BinomialQuantile(std::uint64_t n, double q, double p) {
  std::uint64_t low = 0;
  std::uint64_t high = n;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (BinomialCdf(static_cast<std::int64_t>(middle), n, q) >= p) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

// The rank that is the quantile, as Histogram::QuantileNs counts.
std::uint64_t RankOf(std::uint64_t samples, double q) {
  const double rank = std::ceil(q * static_cast<double>(samples));
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(rank), 1, samples);
}

std::string CutOff(const LatencyView& view) {
  return fmt::format("{} of {} requests were cut off before they were answered",
                     FormatCount(view.censored), FormatCount(view.histogram.count()));
}

}  // namespace

std::optional<RankInterval> QuantileRanks(std::uint64_t samples, double q, double confidence) {
  WEIR_CHECK(q > 0 && q < 1);
  WEIR_CHECK(confidence > 0 && confidence < 1);
  if (samples < SamplesNeeded(q, confidence)) {
    return std::nullopt;
  }
  // B values lie below the quantile, B ~ Binomial(samples, q). [x(low), x(high)] misses it when
  // B < low or B >= high; each may happen with probability at most `miss`.
  const double miss = (1 - confidence) / 2;
  const auto below = [&](std::uint64_t k) {
    return BinomialCdf(static_cast<std::int64_t>(k) - 1, samples, q);
  };
  std::uint64_t low = std::max<std::uint64_t>(BinomialQuantile(samples, q, miss), 1);
  low += below(low + 1) <= miss ? 1U : 0U;
  const std::uint64_t high = std::min(BinomialQuantile(samples, q, 1 - miss) + 1, samples);
  return RankInterval{.low = low, .high = high, .coverage = below(high) - below(low)};
}

std::uint64_t SamplesNeeded(double q, double confidence) {
  WEIR_CHECK(q > 0 && q < 1);
  WEIR_CHECK(confidence > 0 && confidence < 1);
  // All values on one side of the quantile: q^n or (1 - q)^n, whichever is larger.
  const double miss = (1 - confidence) / 2;
  const double needed = std::log(miss) / std::log(std::max(q, 1 - q));
  return static_cast<std::uint64_t>(std::ceil(needed));
}

std::optional<Interval> QuantileInterval(const Histogram& histogram, double q, double confidence) {
  const auto ranks = QuantileRanks(histogram.count(), q, confidence);
  if (!ranks) {
    return std::nullopt;
  }
  return Interval{.low = static_cast<double>(histogram.ValueAtRankNs(ranks->low)),
                  .high = static_cast<double>(histogram.ValueAtRankNs(ranks->high))};
}

std::optional<Interval> QuantileInterval(std::span<const double> sorted, double q,
                                         double confidence) {
  const auto ranks = QuantileRanks(sorted.size(), q, confidence);
  if (!ranks) {
    return std::nullopt;
  }
  return Interval{.low = sorted[ranks->low - 1], .high = sorted[ranks->high - 1]};
}

KnownQuantile QuantileOf(const LatencyView& view, double q) {
  const Histogram& values = view.histogram;
  KnownQuantile known;
  known.samples = values.count();
  known.samples_needed = SamplesNeeded(q);
  const auto ranks = QuantileRanks(known.samples, q);
  if (!ranks) {
    known.reason = fmt::format("{} needs {} requests, this run has {}", QuantileName(q),
                               FormatCount(known.samples_needed), FormatCount(known.samples));
    return known;
  }
  const std::uint64_t rank = RankOf(known.samples, q);
  known.value_ns = static_cast<double>(values.ValueAtRankNs(rank));
  const std::uint64_t high = ranks->high + view.censored;
  if (high <= known.samples) {
    known.interval = Interval{.low = static_cast<double>(values.ValueAtRankNs(ranks->low)),
                              .high = static_cast<double>(values.ValueAtRankNs(high))};
  } else {
    known.reason = "the interval has no upper end: " + CutOff(view);
  }
  if (view.censored > 0 && rank + view.censored > std::min(ranks->high, known.samples)) {
    known.lower_bound = true;
    known.reason = fmt::format("{} may be longer: {}", QuantileName(q), CutOff(view));
  }
  return known;
}

std::string QuantileName(double q) {
  std::string percent = fmt::format("{:.6f}", q * 100);
  percent.erase(percent.find_last_not_of('0') + 1);
  if (percent.back() == '.') {
    percent.pop_back();
  }
  return "p" + percent;
}

}  // namespace weir::analysis
