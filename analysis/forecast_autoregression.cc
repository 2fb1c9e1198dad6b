#include "analysis/forecast_autoregression.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include "base/check.h"

namespace weir::analysis {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::size_t kRowsPerBlock = 128;
constexpr std::size_t kRowsPerLagMin = 2;

// Weighted cross products of (lags, 1, value), extended row by row.
class CrossProducts {
 public:
  CrossProducts(const AutoregressionSpec& spec, std::vector<double> series)
      : spec_(spec),
        series_(std::move(series)),
        next_(spec.lags.back()),
        columns_(static_cast<Index>(spec.lags.size()) + 2),
        sums_(MatrixXd::Zero(columns_, columns_)),
        block_(columns_, static_cast<Index>(kRowsPerBlock)) {
    for (std::size_t age = 0; age < kRowsPerBlock; ++age) {
      roots_.push_back(std::pow(spec.decay, 0.5 * static_cast<double>(age)));
    }
  }

  // Takes in the rows before `end`; older ones lose weight.
  void ExtendTo(std::size_t end) {
    while (next_ < end) {
      const std::size_t rows = std::min(end - next_, kRowsPerBlock);
      FillBlock(rows);
      sums_ *= std::pow(spec_.decay, static_cast<double>(rows));
      const auto part = block_.leftCols(static_cast<Index>(rows));
      sums_.selfadjointView<Eigen::Lower>().rankUpdate(part);
      next_ += rows;
    }
  }

  // Coefficients of the lags, then the constant.
  VectorXd Solve() const {
    const Index lags = columns_ - 2;
    const double weight = sums_(lags, lags);
    const VectorXd lag_sums = sums_.row(lags).head(lags);
    const double value_sum = sums_(lags + 1, lags);
    // Taking out the constant first keeps the penalty away from it.
    MatrixXd centred = sums_.topLeftCorner(lags, lags);
    centred.selfadjointView<Eigen::Lower>().rankUpdate(lag_sums, -1 / weight);
    VectorXd right = sums_.row(lags + 1).head(lags);
    right -= lag_sums * (value_sum / weight);

    VectorXd coefficients = VectorXd::Zero(lags + 1);
    const double scale = centred.trace() / static_cast<double>(lags);
    if (scale > 0) {
      centred.diagonal().array() += spec_.ridge * scale;
      const VectorXd solved = centred.selfadjointView<Eigen::Lower>().ldlt().solve(right);
      if (solved.allFinite()) {
        coefficients.head(lags) = solved;
      }
    }
    coefficients(lags) = (value_sum - coefficients.head(lags).dot(lag_sums)) / weight;
    return coefficients;
  }

  const std::vector<double>& series() const { return series_; }

 private:
  void FillBlock(std::size_t rows) {
    const Index lags = columns_ - 2;
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t t = next_ + row;
      const double root = roots_[rows - 1 - row];
      double* column = block_.col(static_cast<Index>(row)).data();
      for (std::size_t i = 0; i < spec_.lags.size(); ++i) {
        column[i] = root * series_[t - spec_.lags[i]];
      }
      column[lags] = root;
      column[lags + 1] = root * series_[t];
    }
  }

  const AutoregressionSpec& spec_;
  std::vector<double> series_;
  std::size_t next_;
  Index columns_;
  MatrixXd sums_;              // Lower triangle.
  MatrixXd block_;             // One row of the regression per column.
  std::vector<double> roots_;  // Of the weights, by age.
};

// The (differenced) series minus its mean, so that the cross products do not cancel.
std::vector<double> Differenced(const std::vector<double>& values, std::size_t difference,
                                double& mean) {
  std::vector<double> series(values.size() - difference);
  for (std::size_t i = 0; i < series.size(); ++i) {
    series[i] = difference == 0 ? values[i] : values[i + difference] - values[i];
  }
  mean = std::accumulate(series.begin(), series.end(), 0.0) / static_cast<double>(series.size());
  for (double& value : series) {
    value -= mean;
  }
  return series;
}

struct Continuation {
  const ForecastTask& task;
  const AutoregressionSpec& spec;
  const std::vector<double>& series;
  double mean;

  Path From(std::size_t origin, const VectorXd& coefficients) const {
    const std::size_t known = origin - spec.difference;
    const ValueRange range = WidenedRange(task.values, origin);
    const Index lags = coefficients.size() - 1;
    std::vector<double> future(known + task.horizon);
    std::copy_n(series.begin(), known, future.begin());
    Path path(task.horizon);
    for (std::size_t h = 0; h < task.horizon; ++h) {
      double step = coefficients(lags);
      for (Index i = 0; i < lags; ++i) {
        step += coefficients(i) * future[known + h - spec.lags[static_cast<std::size_t>(i)]];
      }
      const double base = spec.difference == 0  ? 0
                          : h < spec.difference ? task.values[origin + h - spec.difference]
                                                : path[h - spec.difference];
      path[h] = std::clamp(base + step + mean, range.low, range.high);
      future[known + h] = path[h] - base - mean;
    }
    return path;
  }
};

}  // namespace

std::optional<ModelPaths> Autoregress(const ForecastTask& task, const AutoregressionSpec& spec) {
  WEIR_CHECK(!spec.lags.empty());
  WEIR_CHECK(spec.decay > 0 && spec.decay <= 1);
  const std::size_t lost = spec.lags.back() + spec.difference;
  if (task.origins.front() < lost + kRowsPerLagMin * (spec.lags.size() + 1)) {
    return std::nullopt;
  }
  double mean = 0;
  CrossProducts products(spec, Differenced(task.values, spec.difference, mean));
  const Continuation continuation{task, spec, products.series(), mean};
  ModelPaths result{.name = spec.name, .paths = {}};
  for (const std::size_t origin : task.origins) {
    products.ExtendTo(origin - spec.difference);
    result.paths.push_back(continuation.From(origin, products.Solve()));
  }
  return result;
}

}  // namespace weir::analysis
