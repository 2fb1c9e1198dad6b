#include "analysis/held_steps.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace weir::analysis {
namespace {

constexpr std::size_t kLanes = 4;
constexpr std::size_t kHeldColumnsMax = 32;

/// Sums of products of the whitened columns, as a matrix of `width` columns. The width is a
/// constant where it is small, so that all columns stay in registers.
template <std::size_t kWidth>
void AddProducts(const FilterGains& gains, std::span<const double> rows, std::size_t width,
                 std::span<double> products) {
  if (kWidth != 0) {
    width = kWidth;
  }
  constexpr std::size_t kReserved = kWidth != 0 ? kWidth : kHeldColumnsMax;
  const double phi = gains.model().memory;
  std::array<double, kReserved> drift{};
  std::array<double, kReserved> slope{};
  std::array<double, kReserved> memory{};
  std::array<double, kReserved> predicted{};
  std::array<double, kReserved> whitened{};
  std::array<double, kReserved * kReserved> sums{};
  const std::size_t n = rows.size() / width;
  for (std::size_t t = 0; t < n; ++t) {
    const FilterGains::Row& gain = gains.At(static_cast<int>(t));
    const double* row = &rows[t * width];
    const double gain_of_prediction = gain.drift + gain.memory;
    for (std::size_t k = 0; k < width; ++k) {
      const double innovation = row[k] - predicted[k];
      whitened[k] = innovation * gain.weight;
      drift[k] += slope[k];
      memory[k] *= phi;
      // The next prediction hangs on this innovation by one product only.
      predicted[k] = drift[k] + memory[k] + gain_of_prediction * innovation;
      drift[k] += gain.drift * innovation;
      slope[k] += gain.slope * innovation;
      memory[k] += gain.memory * innovation;
    }
    for (std::size_t i = 0; i < width; ++i) {
      for (std::size_t k = i / 2 * 2; k < width; ++k) {  // Upper half, in whole pairs.
        sums[i * width + k] += whitened[i] * whitened[k];
      }
    }
  }
  std::copy_n(sums.begin(), products.size(), products.begin());
}

}  // namespace

HeldSteps::HeldSteps(std::span<const double> values, std::span<const int> steps,
                     const StepOptions& options)
    : n_(values.size()),
      width_((steps.size() + 2 + kLanes - 1) / kLanes * kLanes),
      count_(steps.size() + 1),
      options_(options),
      rows_(n_ * width_, 0.0) {
  for (std::size_t t = 0; t < n_; ++t) {
    double* row = &rows_[t * width_];
    row[0] = 1;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      row[i + 1] = static_cast<int>(t) >= steps[i] ? 1 : 0;
    }
    row[count_] = values[t];
  }
}

HeldSteps::Products HeldSteps::Under(const FilterGains& gains) const {
  const int n = static_cast<int>(n_);
  Products products;
  products.sums.resize(width_ * width_);
  products.log_determinant = gains.LogDeterminant(n);
  products.observed = CountObserved(gains, n);
  switch (width_ / kLanes) {
    case 1:
      AddProducts<kLanes>(gains, rows_, width_, products.sums);
      break;
    case 2:
      AddProducts<2 * kLanes>(gains, rows_, width_, products.sums);
      break;
    case 3:
      AddProducts<3 * kLanes>(gains, rows_, width_, products.sums);
      break;
    case 4:
      AddProducts<4 * kLanes>(gains, rows_, width_, products.sums);
      break;
    case 5:
      AddProducts<5 * kLanes>(gains, rows_, width_, products.sums);
      break;
    case 6:
      AddProducts<6 * kLanes>(gains, rows_, width_, products.sums);
      break;
    default:
      AddProducts<0>(gains, rows_, width_, products.sums);
  }
  return products;
}

double HeldSteps::Score(const Products& products, std::span<const std::size_t> kept) const {
  const std::size_t size = kept.size() + 1;
  const auto column = [&](std::size_t i) {
    return i == 0 ? std::size_t{0} : i < size ? kept[i - 1] + 1 : count_;
  };
  StepEquations equations(size);
  for (std::size_t i = 0; i <= size; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      equations.At(i, j) = products.sums[column(j) * width_ + column(i)];
    }
    if (i < size) {
      equations.Variance(i) = i == 0 ? options_.level_variance : options_.step_variance;
    }
  }
  equations.Solve();
  return ProfiledScore(products.observed, equations.residual()) + products.log_determinant +
         equations.log_determinant() + options_.penalty * static_cast<double>(kept.size());
}

double HeldSteps::Score(const FilterGains& gains) const {
  std::vector<std::size_t> all(count_ - 1);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return Score(Under(gains), all);
}

}  // namespace weir::analysis
