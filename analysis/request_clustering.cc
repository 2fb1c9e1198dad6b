#include "analysis/request_clustering.h"

#include <algorithm>

#include <boost/math/special_functions/gamma.hpp>

#include "base/check.h"

namespace weir::analysis {
namespace {

constexpr std::size_t kStretchesMin = 3;
constexpr double kAboveMin = 5;

}  // namespace

std::optional<Clustering> ClusteringAt(std::span<const CoarseCounts* const> stretches, double q) {
  WEIR_CHECK(q > 0 && q < 1);
  CoarseCounts all;
  std::size_t used = 0;
  for (const CoarseCounts* stretch : stretches) {
    all.Add(*stretch);
    used += stretch->empty() ? 0U : 1U;
  }
  if (used < kStretchesMin) {
    return std::nullopt;
  }
  const std::uint64_t limit = all.ToHistogram().QuantileNs(q);
  const auto total = static_cast<double>(all.count());
  const double above = total - static_cast<double>(all.CountAtOrBelowNs(limit));
  const double share = above / total;
  if (above < kAboveMin) {
    return std::nullopt;
  }
  double sum = 0;
  for (const CoarseCounts* stretch : stretches) {
    if (!stretch->empty()) {
      const auto n = static_cast<double>(stretch->count());
      const double found = n - static_cast<double>(stretch->CountAtOrBelowNs(limit));
      sum += (found - n * share) * (found - n * share) / (n * share * (1 - share));
    }
  }
  const auto df = static_cast<double>(used - 1);
  Clustering clustering;
  clustering.dispersion = sum / df;
  clustering.p = boost::math::gamma_q(df / 2, sum / 2);
  clustering.effective_samples = total / std::max(1.0, clustering.dispersion);
  return clustering;
}

}  // namespace weir::analysis
