#include "analysis/forecast_combination.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/check.h"

namespace weir::analysis {
namespace {

// How much an origin's errors count relative to those of the next one.
constexpr double kOriginFade = 0.97;
// Errors below this share of the mean absolute value are equal.
constexpr double kErrorFloor = 1e-9;

// relative[k][m]: error of model m at origin k over the median model's.
using Errors = std::vector<std::vector<double>>;

double MedianOf(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Errors RelativeErrors(const ForecastTask& task, const std::vector<ModelPaths>& models,
                      std::size_t checked) {
  double size = 0;
  for (const double value : task.values) {
    size += std::abs(value) / static_cast<double>(task.values.size());
  }
  const double floor = std::max(kErrorFloor * size, 1e-300);
  Errors errors(task.origins.size() - 1);
  for (std::size_t k = 0; k < errors.size(); ++k) {
    for (const ModelPaths& model : models) {
      double sum = 0;
      for (std::size_t h = 0; h < checked; ++h) {
        sum += std::abs(model.paths[k][h] - task.values[task.origins[k] + h]);
      }
      errors[k].push_back(sum / static_cast<double>(checked) + floor);
    }
    const double median = MedianOf(errors[k]);
    for (double& error : errors[k]) {
      error /= median;
    }
  }
  return errors;
}

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// Each model's error over all origins but `without`.
std::vector<double> MeanErrors(const Errors& errors, std::size_t models, std::size_t without) {
  std::vector<double> mean(models, 0.0);
  double total = 0;
  double weight = 1;
  for (std::size_t k = errors.size(); k-- > 0; weight *= kOriginFade) {
    if (k == without) {
      continue;
    }
    for (std::size_t m = 0; m < models; ++m) {
      mean[m] += weight * errors[k][m];
    }
    total += weight;
  }
  for (double& value : mean) {
    value = total > 0 ? value / total : 1;
  }
  return mean;
}

std::vector<double> WeightsOf(const std::vector<double>& errors) {
  const double least = *std::min_element(errors.begin(), errors.end());
  std::vector<double> weights;
  double sum = 0;
  for (const double error : errors) {
    weights.push_back(std::pow(error / least, -kCombinationPower));
    sum += weights.back();
  }
  for (double& weight : weights) {
    weight /= sum;
  }
  return weights;
}

Path Combine(const std::vector<ModelPaths>& models, const std::vector<double>& weights,
             std::size_t origin, std::size_t steps) {
  Path path(steps);
  std::vector<std::pair<double, double>> sorted(models.size());
  for (std::size_t h = 0; h < steps; ++h) {
    double mean = 0;
    for (std::size_t m = 0; m < models.size(); ++m) {
      sorted[m] = {models[m].paths[origin][h], weights[m]};
      mean += weights[m] * sorted[m].first;
    }
    std::sort(sorted.begin(), sorted.end());
    double below = 0;
    std::size_t middle = 0;
    for (; middle + 1 < sorted.size(); ++middle) {
      below += sorted[middle].second;
      if (below >= 0.5) {
        break;
      }
    }
    path[h] = 0.5 * mean + 0.5 * sorted[middle].first;
  }
  return path;
}

}  // namespace

Combination CombineModels(const ForecastTask& task, const std::vector<ModelPaths>& models,
                          std::size_t checked) {
  WEIR_CHECK(!models.empty());
  WEIR_CHECK(!task.origins.empty());
  WEIR_CHECK(checked <= task.horizon);
  const Errors errors = RelativeErrors(task, models, checked);
  Combination result;
  result.errors = MeanErrors(errors, models.size(), kNone);
  result.weights = WeightsOf(result.errors);
  const std::size_t last = errors.size();
  result.now = Combine(models, result.weights, last, task.horizon);
  for (std::size_t k = 0; k < last; ++k) {
    const auto weights = WeightsOf(MeanErrors(errors, models.size(), k));
    result.past.push_back(Combine(models, weights, k, checked));
  }
  return result;
}

}  // namespace weir::analysis
