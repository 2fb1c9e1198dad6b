#include "analysis/noise_filter.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"

namespace weir::analysis {
namespace {

constexpr int kRowsMax = 4096;
constexpr double kSettled = 1e-9;
constexpr double kVarianceFloor = 0.02;

using Matrix3 = std::array<std::array<double, 3>, 3>;
using Matrix4 = std::array<std::array<double, 4>, 4>;

}  // namespace

struct FilterGains::State {
  Matrix3 covariance{};  ///< Of (drift, slope, memory), predicted.
  double white = 1;
  double memory_noise = 0;
  double drift_noise = 0;
};

FilterGains::FilterGains(const NoiseModel& model) : FilterGains(model, {}) {}

FilterGains::FilterGains(const NoiseModel& model, std::span<const double> extra_variance)
    : model_(model) {
  State state;
  const double correlated = model.memory > 0 ? 1 - model.white_share : 0;
  state.white = 1 - correlated;
  state.memory_noise = correlated * (1 - model.memory * model.memory);
  state.drift_noise = std::max(model.drift_variance, 0.0);
  state.covariance[1][1] = model.HasDrift() ? kInitialSlopeVariance : 0;
  state.covariance[2][2] = correlated;
  if (!extra_variance.empty()) {
    for (const double extra : extra_variance) {
      Step(state, extra);
    }
    last_ = static_cast<int>(rows_.size()) - 1;
    return;
  }
  // The slope's initial variance needs a while to be felt, so early rows may look settled.
  constexpr int kRowsMin = 24;
  for (int t = 0; t < kRowsMax; ++t) {
    Step(state, 0);
    if (t < kRowsMin) {
      continue;
    }
    const Row& now = rows_[rows_.size() - 1];
    const Row& before = rows_[rows_.size() - 2];
    const double moved =
        std::max({std::abs(now.inverse_variance - before.inverse_variance),
                  std::abs(now.drift - before.drift), 10 * std::abs(now.slope - before.slope),
                  std::abs(now.memory - before.memory)});
    if (moved < kSettled) {
      break;
    }
  }
  last_ = static_cast<int>(rows_.size()) - 1;
}

void FilterGains::Step(State& state, double extra_variance) {
  Matrix3& p = state.covariance;
  const bool missing = std::isinf(extra_variance);
  const double phi = model_.memory;
  std::array<double, 3> with_value{};
  for (std::size_t i = 0; i < 3; ++i) {
    with_value[i] = p[i][0] + p[i][2];
  }
  const double own = std::max(state.white + (missing ? 0 : extra_variance),
                              model_.memory > 0 ? 0 : kVarianceFloor);
  const double variance = with_value[0] + with_value[2] + own;
  const double inverse = missing ? 0 : 1 / variance;
  rows_.push_back({std::sqrt(inverse), inverse, (with_value[0] + with_value[1]) * inverse,
                   with_value[1] * inverse, phi * with_value[2] * inverse});
  const double so_far = log_determinant_.empty() ? 0 : log_determinant_.back();
  log_determinant_.push_back(so_far + (missing ? 0 : std::log(variance)));
  Matrix3 updated = p;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      updated[i][j] -= with_value[i] * with_value[j] * inverse;
    }
  }
  Matrix3 moved{};
  for (std::size_t j = 0; j < 3; ++j) {
    moved[0][j] = updated[0][j] + updated[1][j];
    moved[1][j] = updated[1][j];
    moved[2][j] = phi * updated[2][j];
  }
  for (std::size_t i = 0; i < 3; ++i) {
    p[i][0] = moved[i][0] + moved[i][1];
    p[i][1] = moved[i][1];
    p[i][2] = phi * moved[i][2];
  }
  p[1][1] += state.drift_noise;
  p[2][2] += state.memory_noise;
}

double FilterGains::LogDeterminant(int n) const {
  WEIR_CHECK(n > 0);
  if (n - 1 <= last_) {
    return log_determinant_[static_cast<std::size_t>(n - 1)];
  }
  return log_determinant_.back() - (n - 1 - last_) * std::log(rows_.back().inverse_variance);
}

void Whiten(const FilterGains& gains, std::span<const double> values, int from,
            std::span<double> result) {
  const int n = static_cast<int>(values.size());
  const double phi = gains.model().memory;
  double drift = 0;
  double slope = 0;
  double memory = 0;
  std::fill_n(result.begin(), from, 0.0);
  for (int t = from; t < n; ++t) {
    const FilterGains::Row& row = gains.At(t);
    const auto at = static_cast<std::size_t>(t);
    const double innovation = values[at] - drift - memory;
    result[at] = innovation * row.weight;
    drift += slope + row.drift * innovation;
    slope += row.slope * innovation;
    memory = phi * memory + row.memory * innovation;
  }
}

void InverseTimes(const FilterGains& gains, std::span<const double> values, int from,
                  std::span<double> result) {
  const int n = static_cast<int>(values.size());
  const double phi = gains.model().memory;
  double drift = 0;
  double slope = 0;
  double memory = 0;
  std::fill_n(result.begin(), from, 0.0);
  for (int t = from; t < n; ++t) {
    const FilterGains::Row& row = gains.At(t);
    const auto at = static_cast<std::size_t>(t);
    const double innovation = values[at] - drift - memory;
    result[at] = innovation * row.inverse_variance;
    drift += slope + row.drift * innovation;
    slope += row.slope * innovation;
    memory = phi * memory + row.memory * innovation;
  }
  double sum_drift = 0;
  double sum_slope = 0;
  double sum_memory = 0;
  for (int t = n - 1; t >= 0; --t) {
    const FilterGains::Row& row = gains.At(t);
    double& here = result[static_cast<std::size_t>(t)];
    here -= row.drift * sum_drift + row.slope * sum_slope + row.memory * sum_memory;
    sum_slope += sum_drift;
    sum_drift += here;
    sum_memory = phi * sum_memory + here;
  }
}

namespace {

/// With neither drift nor memory the runs are independent.
void IndependentInformation(const FilterGains& gains, std::span<double> information) {
  double sum = 0;
  for (std::size_t t = information.size(); t-- > 0;) {
    sum += gains.At(static_cast<int>(t)).inverse_variance;
    information[t] = sum;
  }
}

/// Without drift only (level, memory) move: the recursion below on two states.
void LevelInformation(const FilterGains& gains, std::span<double> information) {
  const double phi = gains.model().memory;
  double level = 0;
  double cross = 0;
  double memory = 0;
  for (std::size_t t = information.size(); t-- > 0;) {
    const FilterGains::Row& row = gains.At(static_cast<int>(t));
    const double k = row.memory;
    const double rest = phi - k;
    const double next_level = level - 2 * k * cross + k * k * memory + row.inverse_variance;
    const double next_cross = rest * (cross - k * memory) + row.inverse_variance;
    memory = rest * rest * memory + row.inverse_variance;
    level = next_level;
    cross = next_cross;
    information[t] = level;
  }
}

}  // namespace

void StepInformation(const FilterGains& gains, std::span<double> information) {
  if (!gains.model().HasDrift()) {
    if (gains.model().memory > 0) {
      LevelInformation(gains, information);
    } else {
      IndependentInformation(gains, information);
    }
    return;
  }
  // N(t-1) = Z'Z / F + L' N(t) L over the states (level, drift, slope, memory), L = T - K Z.
  const double phi = gains.model().memory;
  Matrix4 p{};
  for (std::size_t t = information.size(); t-- > 0;) {
    const FilterGains::Row& row = gains.At(static_cast<int>(t));
    std::array<double, 4> p_gain{};
    for (std::size_t i = 0; i < 4; ++i) {
      p_gain[i] = p[i][1] * row.drift + p[i][2] * row.slope + p[i][3] * row.memory;
    }
    Matrix4 right{};
    for (std::size_t i = 0; i < 4; ++i) {
      right[i] = {p[i][0] - p_gain[i], p[i][1] - p_gain[i], p[i][1] + p[i][2],
                  phi * p[i][3] - p_gain[i]};
    }
    for (std::size_t j = 0; j < 4; ++j) {
      const double gain_part =
          row.drift * right[1][j] + row.slope * right[2][j] + row.memory * right[3][j];
      const double seen = j == 2 ? 0 : row.inverse_variance;
      p[0][j] = right[0][j] - gain_part + seen;
      p[1][j] = right[1][j] - gain_part + seen;
      p[2][j] = right[1][j] + right[2][j];
      p[3][j] = phi * right[3][j] - gain_part + seen;
    }
    information[t] = p[0][0];
  }
}

}  // namespace weir::analysis
