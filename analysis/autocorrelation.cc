#include "analysis/autocorrelation.h"

#include <algorithm>
#include <cmath>

#include "analysis/lag_products.h"
#include "base/check.h"

namespace weir::analysis {
namespace {

// Values minus their mean, 0 where missing: a product with a missing value is then nothing.
struct Centred {
  std::vector<double> values;
  double present = 0;
  double square_sum = 0;
};

Centred Centre(std::span<const double> values) {
  Centred centred;
  double mean = 0;
  double largest = 0;
  for (const double value : values) {
    if (std::isfinite(value)) {
      centred.present += 1;
      mean += value / centred.present - mean / centred.present;
      largest = std::max(largest, std::fabs(value));
    }
  }
  centred.values.reserve(values.size());
  // Scaled by a power of two, so that no square overflows; every use is a ratio.
  const double scale = largest > 0 ? std::ldexp(1.0, -std::max(std::ilogb(largest), -1000)) : 1;
  for (const double value : values) {
    const double offset = std::isfinite(value) ? value * scale - mean * scale : 0;
    centred.values.push_back(offset);
    centred.square_sum += offset * offset;
  }
  // What rounding alone leaves of equal values is no variation.
  constexpr double kRounding = 1e-30;
  if (centred.square_sum <= kRounding * centred.present) {
    centred.square_sum = 0;
  }
  return centred;
}

// Correlations at rising lags, worked out as far as they are asked for.
class Correlations {
 public:
  explicit Correlations(const Centred& centred)
      : padded_(WithZerosInFront(centred.values)), square_sum_(centred.square_sum) {}

  double At(std::size_t lag) {
    while (known_.size() <= lag) {
      for (const double product : LagProducts(padded_, known_.size())) {
        known_.push_back(product / square_sum_);
      }
    }
    return known_[lag];
  }

 private:
  std::vector<double> padded_;
  double square_sum_;
  std::vector<double> known_;
};

EffectiveSize Independent(double present) {
  return {.size = present, .time = 1, .lags = 0, .bounded = false};
}

}  // namespace

std::vector<double> Autocorrelations(std::span<const double> values, std::size_t lag_max) {
  const Centred centred = Centre(values);
  std::vector<double> correlations;
  if (centred.present < 2 || centred.square_sum == 0) {
    return correlations;
  }
  Correlations at(centred);
  for (std::size_t lag = 0; lag <= lag_max && lag < values.size(); ++lag) {
    correlations.push_back(at.At(lag));
  }
  return correlations;
}

EffectiveSize EffectiveSizeOf(std::span<const double> values) {
  const Centred centred = Centre(values);
  if (centred.present < 4 || centred.square_sum == 0) {
    return Independent(centred.present);
  }
  const std::size_t lag_max = std::min(values.size() / 2, kEffectiveLagMax);
  EffectiveSize effective;
  Correlations at(centred);
  double sum = 0;
  double before = 2;
  std::size_t lag = 0;
  effective.bounded = true;
  for (; lag + 1 <= lag_max; lag += 2) {
    const double first = lag == 0 ? 1 : at.At(lag);
    const double pair = std::min(first + at.At(lag + 1), before);
    if (pair <= 0) {
      effective.bounded = false;
      break;
    }
    sum += pair;
    before = pair;
  }
  effective.lags = lag;
  effective.time = std::max(2 * sum - 1, 1.0);
  effective.size = std::clamp(centred.present / effective.time, 1.0, centred.present);
  return effective;
}

EffectiveSize BatchMeansSizeOf(std::span<const double> values, std::size_t batches) {
  WEIR_CHECK(batches >= 2);
  const Centred centred = Centre(values);
  const std::size_t length = values.size() / batches;
  if (length < 2 || centred.square_sum == 0) {
    EffectiveSize effective = Independent(centred.present);
    effective.bounded = length < 2;
    return effective;
  }
  const std::size_t first = values.size() - length * batches;
  std::vector<double> means(batches, 0);
  double mean = 0;
  double square_sum = 0;
  double used = 0;
  for (std::size_t i = first; i < values.size(); ++i) {
    means[(i - first) / length] += centred.values[i] / static_cast<double>(length);
    used += std::isfinite(values[i]) ? 1 : 0;
    mean += centred.values[i] / static_cast<double>(length * batches);
  }
  double between = 0;
  for (std::size_t i = first; i < values.size(); ++i) {
    square_sum += (centred.values[i] - mean) * (centred.values[i] - mean);
  }
  for (const double batch : means) {
    between += (batch - mean) * (batch - mean);
  }
  const double variance = square_sum / (static_cast<double>(length * batches) - 1);
  const double of_mean = between / static_cast<double>(batches - 1) * static_cast<double>(length);
  EffectiveSize effective;
  effective.lags = length;
  effective.time = variance > 0 ? std::max(of_mean / variance, 1.0) : 1;
  effective.size = std::clamp(used / effective.time, 1.0, std::max(used, 1.0));
  return effective;
}

}  // namespace weir::analysis
