#include "analysis/spectral_lines.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include <Eigen/Dense>

#include "analysis/moments.h"

namespace weir::analysis {
namespace {

constexpr std::size_t kValuesMin = 16;
constexpr std::size_t kLevelReach = 40;  // Bins to each side that tell the local level.
constexpr std::size_t kLevelGap = 5;     // Bins next to the line that do not.
constexpr double kFalseLine = 1e-3;

using Complex = std::complex<double>;

// Radix-2, in place; the size is a power of two.
void Transform(std::vector<Complex>& values) {
  const std::size_t n = values.size();
  for (std::size_t i = 1, j = 0; i < n; ++i) {
    std::size_t bit = n >> 1;
    for (; (j & bit) != 0; bit >>= 1) {
      j ^= bit;
    }
    j ^= bit;
    if (i < j) {
      std::swap(values[i], values[j]);
    }
  }
  for (std::size_t length = 2; length <= n; length *= 2) {
    const double angle = -2 * std::numbers::pi / static_cast<double>(length);
    std::vector<Complex> roots(length / 2);
    for (std::size_t k = 0; k < roots.size(); ++k) {
      roots[k] = std::polar(1.0, angle * static_cast<double>(k));
    }
    for (std::size_t start = 0; start < n; start += length) {
      for (std::size_t k = 0; k < length / 2; ++k) {
        const Complex even = values[start + k];
        const Complex odd = values[start + k + length / 2] * roots[k];
        values[start + k] = even + odd;
        values[start + k + length / 2] = even - odd;
      }
    }
  }
}

// Power at 0, 1/N, 2/N, ... 1/2 cycles per value; N is at least twice the number of values.
std::vector<double> Periodogram(std::span<const double> values) {
  std::size_t size = 1;
  while (size < 2 * values.size()) {
    size *= 2;
  }
  std::vector<Complex> transformed(size);
  for (std::size_t i = 0; i < values.size(); ++i) {
    transformed[i] = std::isfinite(values[i]) ? values[i] : 0;
  }
  Transform(transformed);
  std::vector<double> power(size / 2 + 1);
  for (std::size_t k = 0; k < power.size(); ++k) {
    power[k] = std::norm(transformed[k]);
  }
  return power;
}

double MedianOf(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// The local level: the median of the bins around is ln 2 times the mean of an exponential.
double LevelAround(const std::vector<double>& power, std::size_t bin) {
  std::vector<double> around;
  const std::size_t from = bin > kLevelReach ? bin - kLevelReach : 1;
  const std::size_t to = std::min(bin + kLevelReach, power.size() - 1);
  for (std::size_t k = from; k <= to; ++k) {
    const std::size_t distance = k > bin ? k - bin : bin - k;
    if (distance >= kLevelGap) {
      around.push_back(power[k]);
    }
  }
  return around.empty() ? 0 : MedianOf(around) / std::numbers::ln2;
}

double PowerAt(std::span<const double> values, double frequency) {
  Complex sum = 0;
  Complex turn = 1;
  const Complex step = std::polar(1.0, -2 * std::numbers::pi * frequency);
  for (const double value : values) {
    sum += std::isfinite(value) ? value * turn : Complex(0);
    turn *= step;
  }
  return std::norm(sum);
}

// The top between the bins next to `frequency`.
double Refined(std::span<const double> values, double frequency, double bin_width) {
  double low = std::max(frequency - bin_width, bin_width / 4);
  double high = std::min(frequency + bin_width, 0.5);
  for (int step = 0; step < 24; ++step) {
    const double first = low + (high - low) * 0.382;
    const double second = low + (high - low) * 0.618;
    if (PowerAt(values, first) > PowerAt(values, second)) {
      high = second;
    } else {
      low = first;
    }
  }
  return (low + high) / 2;
}

Eigen::VectorXd RowOf(std::size_t i, std::size_t size, std::span<const double> frequencies) {
  const auto lines = static_cast<Eigen::Index>(frequencies.size());
  Eigen::VectorXd row(2 + 2 * lines);
  row[0] = 1;
  row[1] = 2 * static_cast<double>(i) / static_cast<double>(size) - 1;
  for (Eigen::Index k = 0; k < lines; ++k) {
    const double angle =
        2 * std::numbers::pi * frequencies[static_cast<std::size_t>(k)] * static_cast<double>(i);
    row[2 + 2 * k] = std::cos(angle);
    row[3 + 2 * k] = std::sin(angle);
  }
  return row;
}

}  // namespace

std::vector<double> FitLines(std::span<const double> values, std::span<const double> frequencies) {
  Moments present;
  for (const double value : values) {
    if (std::isfinite(value)) {
      present.Add(value);
    }
  }
  std::vector<double> fit(values.size(), present.mean);
  const auto terms = static_cast<Eigen::Index>(2 + 2 * frequencies.size());
  if (present.count < 2 * static_cast<double>(terms)) {
    return fit;
  }
  Eigen::MatrixXd square = Eigen::MatrixXd::Zero(terms, terms);
  Eigen::VectorXd right = Eigen::VectorXd::Zero(terms);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) {
      const Eigen::VectorXd row = RowOf(i, values.size(), frequencies);
      square.selfadjointView<Eigen::Lower>().rankUpdate(row);
      right += (values[i] - present.mean) * row;
    }
  }
  // Two frequencies that are nearly one must not blow the fit up.
  square.diagonal().array() += 1e-9 * present.count;
  const Eigen::VectorXd weights = square.selfadjointView<Eigen::Lower>().ldlt().solve(right);
  for (std::size_t i = 0; i < values.size(); ++i) {
    fit[i] += weights.dot(RowOf(i, values.size(), frequencies));
  }
  return fit;
}

std::vector<double> WithoutLines(std::span<const double> values,
                                 std::span<const double> frequencies) {
  std::vector<double> rest = FitLines(values, frequencies);
  for (std::size_t i = 0; i < values.size(); ++i) {
    rest[i] = values[i] - rest[i];
  }
  return rest;
}

std::vector<double> FindSpectralLines(std::span<const double> values) {
  std::vector<double> frequencies;
  if (values.size() < kValuesMin) {
    return frequencies;
  }
  const double threshold = std::log(static_cast<double>(values.size()) / 2 / kFalseLine);
  std::vector<double> rest = WithoutLines(values, frequencies);
  while (frequencies.size() < kSpectralLinesMax) {
    const std::vector<double> power = Periodogram(rest);
    double best = 0;
    std::size_t best_bin = 0;
    for (std::size_t bin = 1; bin < power.size(); ++bin) {
      const bool peak =
          power[bin] >= power[bin - 1] && (bin + 1 == power.size() || power[bin] >= power[bin + 1]);
      const double level = peak ? LevelAround(power, bin) : 0;
      if (level > 0 && power[bin] / level > best) {
        best = power[bin] / level;
        best_bin = bin;
      }
    }
    if (best < threshold) {
      break;
    }
    const double bin_width = 0.5 / static_cast<double>(power.size() - 1);
    frequencies.push_back(Refined(rest, static_cast<double>(best_bin) * bin_width, bin_width));
    rest = WithoutLines(values, frequencies);
  }
  return frequencies;
}

}  // namespace weir::analysis
