#include "analysis/history_season.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "analysis/history_scale.h"
#include "analysis/lag_products.h"

namespace weir::analysis {
namespace {

/// How far the correlation must fall between neighbours and the period: a slow movement correlates
/// at every short distance.
constexpr double kTroughDepth = 0.3;

/// Farther differences are pulled in, in units of the median size of all.
constexpr double kDifferenceLimit = 3;

/// What comes again after one period must come again after two.
constexpr double kAgainMin = 0.4;

/// Periods before and after a run whose pattern is its own.
constexpr std::size_t kCyclesBeside = 4;

std::size_t Index(int t) {
  return static_cast<std::size_t>(t);
}

/// Autocorrelation of the differences at lags 0 .. lag_max.
std::vector<double> DifferenceCorrelation(std::span<const double> values, int lag_max) {
  std::vector<double> differences;
  for (std::size_t i = 1; i < values.size(); ++i) {
    differences.push_back(values[i] - values[i - 1]);
  }
  const double mean = std::accumulate(differences.begin(), differences.end(), 0.0) /
                      static_cast<double>(differences.size());
  std::vector<double> sizes;
  for (double& difference : differences) {
    difference -= mean;
    sizes.push_back(std::abs(difference));
  }
  // Two steps of the level must not look like a season of their distance.
  const double limit = kDifferenceLimit * MedianOfValues(std::move(sizes));
  for (double& difference : differences) {
    difference = std::clamp(difference, -limit, limit);
  }
  const std::vector<double> padded = WithZerosInFront(differences);
  std::vector<double> correlation;
  while (correlation.size() <= Index(lag_max)) {
    const auto sums = LagProducts(padded, correlation.size());
    correlation.insert(correlation.end(), sums.begin(), sums.end());
  }
  correlation.resize(Index(lag_max) + 1);
  const double variance = correlation[0];
  for (double& value : correlation) {
    value = variance > 0 ? value / variance : 0;
  }
  return correlation;
}

int PeriodOf(std::span<const double> values) {
  const int n = static_cast<int>(values.size());
  const int longest = std::min(kSeasonPeriodMax, n / 3);
  if (longest < 2) {
    return 0;
  }
  const std::vector<double> correlation = DifferenceCorrelation(values, 2 * longest);
  int period = 0;
  double trough = 1;
  for (int lag = 2; lag <= longest; ++lag) {
    trough = std::min(trough, correlation[Index(lag - 1)]);
    const double here = correlation[Index(lag)];
    // The sum at a lag has n - lag terms of n: allow for that, or long periods never count.
    const double unbiased = here * n / (n - lag);
    if (unbiased >= kSeasonCorrelationMin && here >= correlation[Index(lag - 1)] &&
        here >= correlation[Index(lag + 1)] && here - trough >= kTroughDepth &&
        correlation[Index(2 * lag)] * n / (n - 2 * lag) >= kAgainMin &&
        (period == 0 || here > correlation[Index(period)])) {
      period = lag;
    }
  }
  return period;
}

/// What each run has above the mean of the period around it; no value near the ends.
std::vector<std::optional<double>> AboveCentredMean(std::span<const double> values, int period) {
  const int n = static_cast<int>(values.size());
  const int half = period / 2;
  std::vector<std::optional<double>> above(values.size());
  for (int t = half; t + half < n; ++t) {
    double sum = 0;
    for (int k = t - half; k <= t + half; ++k) {
      // An even period has no run in its middle: both ends count half.
      const bool end = period % 2 == 0 && (k == t - half || k == t + half);
      sum += end ? values[Index(k)] / 2 : values[Index(k)];
    }
    above[Index(t)] = values[Index(t)] - sum / period;
  }
  return above;
}

}  // namespace

std::optional<HistorySeason> FindSeason(std::span<const double> values) {
  HistorySeason season;
  season.period = PeriodOf(values);
  if (season.period == 0) {
    return std::nullopt;
  }
  const std::vector<std::optional<double>> above = AboveCentredMean(values, season.period);
  const std::size_t n = values.size();
  const std::size_t period = Index(season.period);
  season.pattern.assign(n, 0.0);
  for (std::size_t phase = 0; phase < period; ++phase) {
    std::vector<std::size_t> at;
    std::vector<double> cycle;
    for (std::size_t t = phase; t < n; t += period) {
      if (above[t]) {
        at.push_back(t);
        cycle.push_back(*above[t]);
      }
    }
    for (std::size_t t = phase; t < n && !cycle.empty(); t += period) {
      const auto nearest = std::lower_bound(at.begin(), at.end(), t) - at.begin();
      const std::size_t middle = std::min(static_cast<std::size_t>(nearest), cycle.size() - 1);
      const std::size_t from = middle > kCyclesBeside ? middle - kCyclesBeside : 0;
      const std::size_t to = std::min(cycle.size(), middle + kCyclesBeside + 1);
      season.pattern[t] = MedianOfValues({cycle.begin() + static_cast<std::ptrdiff_t>(from),
                                          cycle.begin() + static_cast<std::ptrdiff_t>(to)});
    }
  }
  return season;
}

}  // namespace weir::analysis
