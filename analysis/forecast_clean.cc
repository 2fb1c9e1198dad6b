#include "analysis/forecast_clean.h"

#include <algorithm>
#include <cmath>

namespace weir::analysis {
namespace {

constexpr std::size_t kSide = 12;  // Values on each side that an outlier is compared with.
constexpr double kOrdinaryShare = 0.95;
constexpr double kFactor = 5;
constexpr double kOutlierShareMax = 0.01;
constexpr double kRegularShare = 0.7;

double MedianOf(const double* from, double* scratch) {
  std::copy_n(from, kSide, scratch);
  std::sort(scratch, scratch + kSide);
  return (scratch[kSide / 2 - 1] + scratch[kSide / 2]) / 2;
}

// Signed distance from the nearer of the two medians; 0 between them and near the ends.
std::vector<double> DistancesOf(const std::vector<double>& values) {
  const std::size_t n = values.size();
  std::vector<double> medians;  // medians[i]: of values[i, i + kSide).
  double scratch[kSide];
  for (std::size_t i = 0; i + kSide <= n; ++i) {
    medians.push_back(MedianOf(values.data() + i, scratch));
  }
  std::vector<double> distances(n, 0.0);
  for (std::size_t t = kSide; t + kSide < n; ++t) {
    const double before = values[t] - medians[t - kSide];
    const double after = values[t] - medians[t + 1];
    if ((before > 0) == (after > 0)) {
      distances[t] = std::abs(before) < std::abs(after) ? before : after;
    }
  }
  return distances;
}

// Most of the gaps between outliers (bursts count once) are alike.
bool AreRegular(const std::vector<std::size_t>& places) {
  std::vector<std::size_t> gaps;
  for (std::size_t i = 1; i < places.size(); ++i) {
    if (places[i] > places[i - 1] + kSide) {
      gaps.push_back(places[i] - places[i - 1]);
    }
  }
  if (gaps.size() < 3) {
    return false;
  }
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  const auto typical = static_cast<double>(*middle);
  const auto alike = std::count_if(gaps.begin(), gaps.end(), [&](std::size_t gap) {
    return std::abs(static_cast<double>(gap) - typical) <= std::max(1.0, 0.02 * typical);
  });
  return static_cast<double>(alike) >= kRegularShare * static_cast<double>(gaps.size());
}

}  // namespace

FilledSeries FillGaps(std::span<const double> values) {
  FilledSeries result;
  std::size_t gap = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) {
      ++gap;
      continue;
    }
    if (result.values.empty()) {
      result.dropped = gap;
    } else {
      const double last = result.values.back();
      for (std::size_t i = 1; i <= gap; ++i) {
        const double share = static_cast<double>(i) / static_cast<double>(gap + 1);
        result.values.push_back(last * (1 - share) + value * share);
      }
      result.missing += gap;
    }
    gap = 0;
    result.values.push_back(value);
  }
  if (!result.values.empty()) {
    result.missing += gap;
    result.values.resize(result.values.size() + gap, result.values.back());
  }
  return result;
}

std::vector<std::size_t> CleanOutliers(std::vector<double>& values) {
  if (values.size() < 4 * kSide) {
    return {};
  }
  const std::vector<double> distances = DistancesOf(values);
  std::vector<double> sizes;
  for (const double distance : distances) {
    sizes.push_back(std::abs(distance));
  }
  const auto at = sizes.begin() +
                  static_cast<std::ptrdiff_t>(kOrdinaryShare * static_cast<double>(sizes.size()));
  std::nth_element(sizes.begin(), at, sizes.end());
  const double threshold = kFactor * *at;
  std::vector<std::size_t> places;
  for (std::size_t t = 0; t < distances.size() && threshold > 0; ++t) {
    if (std::abs(distances[t]) > threshold) {
      places.push_back(t);
    }
  }
  const double most = std::max(1.0, kOutlierShareMax * static_cast<double>(values.size()));
  if (static_cast<double>(places.size()) > most || AreRegular(places)) {
    return {};
  }
  for (const std::size_t t : places) {
    values[t] -= distances[t];
  }
  return places;
}

}  // namespace weir::analysis
