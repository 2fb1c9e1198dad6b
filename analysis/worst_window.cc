#include "analysis/worst_window.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "analysis/quantile_interval.h"
#include "base/check.h"

namespace weir::analysis {
namespace {

constexpr std::uint32_t kStartsInWindow = 10;

std::optional<double> ValueOf(const LatencyView& view, const GateCriterion& criterion) {
  if (criterion.kind == GateCriterion::Kind::kResponseQuantile) {
    return QuantileOf(view, criterion.quantile).value_ns;
  }
  return view.histogram.empty() ? std::nullopt : std::optional(view.histogram.mean_ns());
}

}  // namespace

std::optional<double> WorstWindowNs(std::span<const SecondPoint> seconds,
                                    const GateCriterion& criterion) {
  WEIR_CHECK(criterion.window >= std::chrono::seconds(1));
  std::vector<const SecondPoint*> measured;
  for (const SecondPoint& point : seconds) {
    if (point.phase == Phase::kMeasure) {
      measured.push_back(&point);
    }
  }
  std::optional<double> worst;
  if (measured.empty()) {
    return worst;
  }
  const auto length = static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(criterion.window).count());
  const std::uint32_t stride = std::max(1U, length / kStartsInWindow);
  const std::uint32_t end = measured.back()->second + 1;
  auto first = measured.begin();
  for (std::uint32_t from = measured.front()->second; from + length <= end; from += stride) {
    while ((*first)->second < from) {
      ++first;
    }
    LatencyView view;
    for (auto at = first; at != measured.end() && (*at)->second < from + length; ++at) {
      view.histogram.Merge((*at)->response);
    }
    const std::optional<double> value = ValueOf(view, criterion);
    worst = value ? std::max(worst.value_or(0), *value) : worst;
  }
  return worst;
}

}  // namespace weir::analysis
