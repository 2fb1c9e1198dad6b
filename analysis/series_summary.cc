#include "analysis/series_summary.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "analysis/quantile_interval.h"
#include "base/check.h"
#include "base/text.h"

namespace weir::analysis {
namespace {

constexpr double kEffectiveFew = 20;

std::vector<double> SortedPresent(std::span<const double> values) {
  std::vector<double> sorted;
  sorted.reserve(values.size());
  std::copy_if(values.begin(), values.end(), std::back_inserter(sorted),
               [](double value) { return std::isfinite(value); });
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

std::size_t RankOf(double rank, std::size_t size) {
  return static_cast<std::size_t>(std::clamp(rank, 1.0, static_cast<double>(size)));
}

// `sorted` holds the present values of `values`.
DependentQuantile QuantileOf(std::span<const double> values, std::span<const double> sorted,
                             double q, double confidence) {
  const auto size = static_cast<double>(sorted.size());
  DependentQuantile quantile;
  quantile.value = sorted[RankOf(std::ceil(q * size), sorted.size()) - 1];
  std::vector<double> below(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    below[i] = std::isfinite(values[i]) ? (values[i] <= quantile.value ? 1 : 0) : values[i];
  }
  quantile.effective_size = std::max(EffectiveSizeOf(below).size, 1.0);
  const auto independent = static_cast<std::uint64_t>(std::floor(quantile.effective_size));
  if (const auto ranks = QuantileRanks(independent, q, confidence)) {
    // Ranks among `independent` values as shares, outwards to the next value.
    const double stretch = size / static_cast<double>(independent);
    const auto low = std::floor((static_cast<double>(ranks->low) - 1) * stretch) + 1;
    const auto high = std::ceil(static_cast<double>(ranks->high) * stretch);
    quantile.interval = Interval{.low = sorted[RankOf(low, sorted.size()) - 1],
                                 .high = sorted[RankOf(high, sorted.size()) - 1]};
  }
  return quantile;
}

}  // namespace

std::optional<DependentQuantile> QuantileOfSeries(std::span<const double> values, double q,
                                                  double confidence) {
  WEIR_CHECK(q > 0 && q < 1);
  WEIR_CHECK(confidence > 0 && confidence < 1);
  const std::vector<double> sorted = SortedPresent(values);
  return sorted.empty() ? std::nullopt : std::optional(QuantileOf(values, sorted, q, confidence));
}

SeriesSummary SummaryOf(std::span<const double> values) {
  SeriesSummary summary;
  const std::vector<double> sorted = SortedPresent(values);
  summary.values = sorted.size();
  summary.missing = values.size() - sorted.size();
  if (sorted.empty()) {
    summary.warnings.push_back("no value is present");
    return summary;
  }
  summary.lowest = sorted.front();
  summary.highest = sorted.back();
  summary.p50 = QuantileOf(values, sorted, 0.5, kConfidence);
  summary.p95 = QuantileOf(values, sorted, 0.95, kConfidence);
  if (const std::vector<double> correlations = Autocorrelations(values, 1);
      correlations.size() == 2) {
    summary.lag1 = correlations[1];
  }
  summary.effective = EffectiveSizeOf(values);
  if (summary.lowest == summary.highest) {
    summary.warnings.push_back("all values are equal");
  } else if (summary.effective.bounded) {
    summary.warnings.push_back(
        "the values stay correlated over all lags that were looked at (a trend, a season?): a mean "
        "or a quantile of the whole says little");
  } else if (summary.effective.size < kEffectiveFew) {
    summary.warnings.push_back(fmt::format("the {} values are worth about {:.0f} independent ones",
                                           FormatCount(summary.values), summary.effective.size));
  }
  return summary;
}

}  // namespace weir::analysis
