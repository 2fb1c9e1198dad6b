#include "analysis/history_scale.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>

#include "analysis/history_season.h"
#include "base/check.h"

namespace weir::analysis {
namespace {

constexpr double kNormalMedianDeviation = 0.6744897501960817;

/// Where no run differs from the usual by more than this, all count as equally certain.
constexpr double kAlikeVariance = 0.1;

/// A certain run counts for at most so much more than a usual one, as a share of the variance.
constexpr double kVarianceGainMax = 0.75;

/// Robust deviation of a single run, from the differences of runs next to each other.
double ScaleOfDifferences(std::span<const double> values) {
  std::vector<double> differences;
  double squares = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    differences.push_back(std::abs(values[i] - values[i - 1]));
    squares += differences.back() * differences.back();
  }
  if (differences.empty()) {
    return 0;
  }
  const auto count = static_cast<double>(differences.size());
  const double scale =
      MedianOfValues(std::move(differences)) / (kNormalMedianDeviation * std::sqrt(2.0));
  return scale > 0 ? scale : std::sqrt(squares / (2 * count));
}

std::vector<double> ReplaceOutliers(std::span<const double> values, const ScaleOptions& options) {
  std::vector<double> kept(values.begin(), values.end());
  const auto reach = static_cast<std::size_t>(options.neighbours);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t from = i > reach ? i - reach : 0;
    const std::size_t to = std::min(values.size(), i + reach + 1);
    const double middle = MedianOfValues({values.begin() + static_cast<std::ptrdiff_t>(from),
                                          values.begin() + static_cast<std::ptrdiff_t>(to)});
    if (std::abs(values[i] - middle) > options.outlier_limit) {
      kept[i] = middle;
    }
  }
  return kept;
}

/// Variance of each run beyond that of a usual one, in units of scale^2; empty when all are alike.
std::vector<double> ExtraVariance(const HistoryValues& history, const ScaledHistory& scaled) {
  const std::size_t n = history.values.size();
  std::vector<double> variance(n, std::numeric_limits<double>::quiet_NaN());
  std::vector<double> known;
  for (std::size_t t = 0; t < history.standard_errors.size(); ++t) {
    const double error = history.standard_errors[t];
    if (std::isfinite(history.values[t]) && std::isfinite(error) && error > 0) {
      const double unit = scaled.logarithmic ? history.values[t] : 1;
      const double relative = error / unit / scaled.scale;
      variance[t] = relative * relative;
      known.push_back(variance[t]);
    }
  }
  if (known.empty() && scaled.observed == static_cast<int>(n)) {
    return {};
  }
  const double usual = known.empty() ? 0 : MedianOfValues(known);
  std::vector<double> extra(n, 0.0);
  bool alike = true;
  for (std::size_t t = 0; t < n; ++t) {
    if (!std::isfinite(history.values[t])) {
      extra[t] = std::numeric_limits<double>::infinity();
      alike = false;
    } else if (std::isfinite(variance[t])) {
      // Limited, because a scale from few runs and a standard error are estimates themselves.
      extra[t] = std::clamp(variance[t] - usual, -kVarianceGainMax, 1e6);
      alike = alike && std::abs(extra[t]) <= kAlikeVariance;
    }
  }
  return alike ? std::vector<double>{} : extra;
}

}  // namespace

double MedianOfValues(std::vector<double> values) {
  WEIR_CHECK(!values.empty());
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) {
    return *middle;
  }
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

ScaledHistory ScaleHistory(const HistoryValues& history, const ScaleOptions& options) {
  ScaledHistory scaled;
  std::vector<double> observed;
  for (const double value : history.values) {
    if (std::isfinite(value)) {
      observed.push_back(value);
    }
  }
  scaled.observed = static_cast<int>(observed.size());
  scaled.logarithmic =
      std::all_of(observed.begin(), observed.end(), [](double v) { return v > 0; });
  if (observed.empty()) {
    return scaled;
  }
  if (scaled.logarithmic) {
    std::transform(observed.begin(), observed.end(), observed.begin(),
                   [](double value) { return std::log(value); });
  }
  if (observed.size() == history.values.size()) {
    if (const std::optional<HistorySeason> season = FindSeason(observed)) {
      scaled.period = season->period;
      std::transform(observed.begin(), observed.end(), season->pattern.begin(), observed.begin(),
                     std::minus<>());
    }
  }
  const double middle = MedianOfValues(observed);
  for (double& value : observed) {
    value -= middle;
  }
  scaled.scale = ScaleOfDifferences(observed);
  if (!(scaled.scale > 0) || !std::isfinite(scaled.scale)) {
    scaled.scale = 0;
    return scaled;
  }
  for (double& value : observed) {
    value /= scaled.scale;
  }
  const std::vector<double> kept = ReplaceOutliers(observed, options);
  scaled.values.assign(history.values.size(), 0.0);
  std::size_t next = 0;
  for (std::size_t t = 0; t < history.values.size(); ++t) {
    if (std::isfinite(history.values[t])) {
      scaled.values[t] = kept[next++];
    }
  }
  scaled.extra_variance = ExtraVariance(history, scaled);
  return scaled;
}

}  // namespace weir::analysis
