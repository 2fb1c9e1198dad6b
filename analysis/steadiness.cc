#include "analysis/steadiness.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "analysis/distributions.h"

namespace weir::analysis {
namespace {

double Mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) {
    sum += value;
  }
  return sum / static_cast<double>(values.size());
}

double SquaresAround(std::span<const double> values, double centre) {
  double sum = 0;
  for (const double value : values) {
    sum += (value - centre) * (value - centre);
  }
  return sum;
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) {
    return *middle;
  }
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

double TheilSenSlope(std::span<const double> series) {
  std::vector<double> slopes;
  slopes.reserve(series.size() * (series.size() - 1) / 2);
  for (std::size_t i = 0; i < series.size(); ++i) {
    for (std::size_t j = i + 1; j < series.size(); ++j) {
      slopes.push_back((series[j] - series[i]) / static_cast<double>(j - i));
    }
  }
  return Median(std::move(slopes));
}

// Kendall's S: pairs that rise minus pairs that fall.
double RisingPairs(std::span<const double> series) {
  double s = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    for (std::size_t j = i + 1; j < series.size(); ++j) {
      s += series[j] > series[i] ? 1 : (series[j] < series[i] ? -1 : 0);
    }
  }
  return s;
}

// Scatter of the values around their median that a few outliers cannot blow up or shrink.
double RobustScatter(std::span<const double> values) {
  const double centre = Median({values.begin(), values.end()});
  std::vector<double> distances;
  for (const double value : values) {
    distances.push_back(std::fabs(value - centre));
  }
  constexpr double kNormal = 1.4826;  // Median distance of a normal, inverted.
  return kNormal * Median(std::move(distances));
}

// Squared standard error of the mean of `rest`, as MSER minimises it.
double MarginalError(std::span<const double> rest) {
  const auto n = static_cast<double>(rest.size());
  return SquaresAround(rest, Mean(rest)) / (n * n);
}

constexpr double kAsGood = 1.5;
constexpr double kFarBetter = 0.25;
constexpr double kSlight = 0.1;

// How far the values before `cut` lie above (or below) those from it on.
double ExcessBefore(std::span<const double> series, std::size_t cut) {
  return Mean(series.first(cut)) - Mean(series.subspan(cut));
}

// Whether that is beyond what the values from `cut` on scatter by themselves.
bool IsBeyondChance(std::span<const double> series, std::size_t cut) {
  const auto rest = series.subspan(cut);
  const double scatter = std::max(RobustScatter(rest), std::sqrt(MarginalError(rest)));
  return std::fabs(ExcessBefore(series, cut)) > kWarmUpSigmas * scatter;
}

}  // namespace

std::optional<double> LagOneCorrelation(std::span<const double> series) {
  if (series.size() < 3) {
    return std::nullopt;
  }
  const double mean = Mean(series);
  const double squares = SquaresAround(series, mean);
  if (squares <= 0) {
    return std::nullopt;
  }
  double products = 0;
  for (std::size_t i = 1; i < series.size(); ++i) {
    products += (series[i] - mean) * (series[i - 1] - mean);
  }
  return products / squares;
}

std::optional<Trend> TrendOf(std::span<const double> series) {
  if (series.size() < kSteadySeriesMin) {
    return std::nullopt;
  }
  const auto n = static_cast<double>(series.size());
  const double slope = TheilSenSlope(series);
  std::vector<double> rest(series.begin(), series.end());
  for (std::size_t i = 0; i < rest.size(); ++i) {
    rest[i] -= slope * static_cast<double>(i);
  }
  // The estimate is biased towards 0 by about (1 + 4 r) / n in short series.
  const double raw = LagOneCorrelation(rest).value_or(0);
  const double r = std::clamp(raw + (1 + 4 * raw) / n, 0.0, 0.9);
  const double variance = n * (n - 1) * (2 * n + 5) / 18 * (1 + r) / (1 - r);
  const double s = RisingPairs(series);
  const double z = std::max(0.0, std::fabs(s) - 1) / std::sqrt(variance);
  return Trend{slope * (n - 1), std::min(1.0, 2 * NormalUpperTail(z))};
}

std::optional<WarmUpEnd> EstimateWarmUpEnd(std::span<const double> series) {
  if (series.size() < kSteadySeriesMin) {
    return std::nullopt;
  }
  const std::size_t half = series.size() / 2;
  std::vector<double> errors;
  for (std::size_t cut = 0; cut <= series.size() * 3 / 4; ++cut) {
    errors.push_back(MarginalError(series.subspan(cut)));
  }
  const auto middle = errors.begin() + static_cast<std::ptrdiff_t>(half) + 1;
  const double least = *std::min_element(errors.begin(), middle);
  // The least error of a noisy series is often found too late: the first that is as good will do.
  const auto best = static_cast<std::size_t>(
      std::find_if(errors.begin(), middle, [&](double error) { return error <= kAsGood * least; }) -
      errors.begin());
  const auto late = std::min_element(middle, errors.end());
  // A few values at the end are alike by chance often enough: the level has to be another, too, and
  // by more than a hiccup beside what is cut off before.
  const auto rest = series.subspan(best);
  const auto late_cut = static_cast<std::size_t>(late - errors.begin()) - best;
  const double early = best == 0 ? 0 : std::fabs(ExcessBefore(series, best));
  if (*late < kFarBetter * least && IsBeyondChance(rest, late_cut) &&
      std::fabs(ExcessBefore(rest, late_cut)) > kSlight * early) {
    return std::nullopt;
  }
  if (best == 0 || !IsBeyondChance(series, best)) {
    return WarmUpEnd{};
  }
  return WarmUpEnd{best, ExcessBefore(series, best)};
}

}  // namespace weir::analysis
