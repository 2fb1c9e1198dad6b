#include "analysis/forecast_bands.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "analysis/distributions.h"
#include "base/check.h"

namespace weir::analysis {
namespace {

constexpr std::size_t kSmoothSteps = 3;
constexpr double kRootShare = 0.3;
// Proportional errors do not shrink below those of a forecast of this share of the median value.
constexpr double kProportionFloor = 0.1;
constexpr double kGrowthBeyond = 0.8;  // 0.5: a random walk; 1: a trend that breaks.
constexpr double kFreedomPerHorizon = 3;

double MedianSize(const std::vector<double>& values) {
  std::vector<double> sizes;
  for (const double value : values) {
    sizes.push_back(std::abs(value));
  }
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return *middle;
}

struct Errors {
  const ForecastTask& task;
  const Combination& combination;
  const std::vector<double>& actual;
  double floor;

  std::size_t checked() const { return combination.past.front().size(); }

  double SizeOf(double forecast) const { return std::max(std::abs(forecast), floor); }

  double At(std::size_t k, std::size_t h) const {
    return actual[task.origins[k] + h] - combination.past[k][h];
  }

  // Errors taken as proportional to the forecast have the larger likelihood.
  bool Proportional() const {
    double plain = 0;
    double relative = 0;
    double logs = 0;
    double count = 0;
    for (std::size_t k = 0; k < combination.past.size(); ++k) {
      for (std::size_t h = 0; h < checked(); ++h) {
        const double size = SizeOf(combination.past[k][h]);
        plain += std::abs(At(k, h));
        relative += std::abs(At(k, h)) / size;
        logs += std::log(size);
        count += 1;
      }
    }
    return plain > 0 && std::log(relative / count) + logs / count < std::log(plain / count);
  }
};

// Mean absolute error of each step, smoothed over its neighbours, blended with a root law.
Path StepProfile(const std::vector<Path>& errors, std::size_t horizon) {
  const std::size_t checked = errors.front().size();
  std::vector<double> mean(checked, 0.0);
  for (const Path& path : errors) {
    for (std::size_t h = 0; h < checked; ++h) {
      mean[h] += std::abs(path[h]) / static_cast<double>(errors.size());
    }
  }
  Path smooth(checked);
  double roots = 0;
  double total = 0;
  for (std::size_t h = 0; h < checked; ++h) {
    const std::size_t from = h > kSmoothSteps ? h - kSmoothSteps : 0;
    const std::size_t to = std::min(h + kSmoothSteps + 1, checked);
    smooth[h] = std::accumulate(mean.begin() + static_cast<std::ptrdiff_t>(from),
                                mean.begin() + static_cast<std::ptrdiff_t>(to), 0.0) /
                static_cast<double>(to - from);
    roots += std::sqrt(static_cast<double>(h + 1));
    total += smooth[h];
  }
  Path profile(horizon);
  for (std::size_t h = 0; h < horizon; ++h) {
    const auto step = static_cast<double>(h + 1);
    profile[h] =
        h < checked
            ? (1 - kRootShare) * smooth[h] + kRootShare * std::sqrt(step) * total / roots
            : profile[checked - 1] * std::pow(step / static_cast<double>(checked), kGrowthBeyond);
  }
  return profile;
}

}  // namespace

double ErrorModel::Quantile(double coverage) const {
  WEIR_CHECK(coverage > 0 && coverage < 1);
  std::vector<double> sizes;
  double square = 0;
  for (const Path& path : standardised) {
    for (const double error : path) {
      sizes.push_back(std::abs(error));
      square += error * error;
    }
  }
  const auto count = static_cast<double>(sizes.size());
  const double normal = NormalQuantile((1 + coverage) / 2);
  const double freedom = std::min(kFreedomPerHorizon * horizons, count);
  const double widening = StudentQuantile((1 + coverage) / 2, freedom) / normal;
  const double rank = std::ceil(coverage * (count + 1));
  if (rank > count) {
    return std::sqrt(square / count) * normal * widening;
  }
  const auto at = sizes.begin() + static_cast<std::ptrdiff_t>(rank) - 1;
  std::nth_element(sizes.begin(), at, sizes.end());
  return *at * widening;
}

ErrorModel ModelErrors(const ForecastTask& task, const Combination& combination,
                       const std::vector<double>& actual) {
  WEIR_CHECK(!combination.past.empty());
  const Errors errors{task, combination, actual, kProportionFloor * MedianSize(task.values)};
  ErrorModel result;
  const std::size_t span = task.origins[combination.past.size() - 1] - task.origins.front();
  result.horizons = 1 + static_cast<double>(span) / static_cast<double>(errors.checked());
  result.proportional = errors.floor > 0 && errors.Proportional();
  for (std::size_t k = 0; k < combination.past.size(); ++k) {
    Path path(errors.checked());
    for (std::size_t h = 0; h < path.size(); ++h) {
      const double size = result.proportional ? errors.SizeOf(combination.past[k][h]) : 1;
      path[h] = errors.At(k, h) / size;
    }
    result.standardised.push_back(std::move(path));
  }
  const Path profile = StepProfile(result.standardised, task.horizon);
  for (Path& path : result.standardised) {
    for (std::size_t h = 0; h < path.size(); ++h) {
      path[h] = profile[h] > 0 ? path[h] / profile[h] : 0;
    }
  }
  for (std::size_t h = 0; h < task.horizon; ++h) {
    const double size = result.proportional ? errors.SizeOf(combination.now[h]) : 1;
    result.scale.push_back(profile[h] * size);
  }
  return result;
}

}  // namespace weir::analysis
