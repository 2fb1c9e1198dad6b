#include "analysis/warm_up.h"

#include <vector>

#include "analysis/run_statistics.h"
#include "analysis/steadiness.h"

namespace weir::analysis {

std::optional<std::uint32_t> FindWarmUpEnd(const SecondBlocks& seconds,
                                           const SteadyStretch& stretch) {
  std::vector<double> levels;
  std::vector<std::uint32_t> starts;
  for (const SecondBlocks::Block& block : seconds.blocks()) {
    if (block.first_second >= stretch.from_s &&
        block.first_second + seconds.width_s() <= stretch.to_s) {
      levels.push_back(*MeanLogBetween(block.response.ToHistogram(), kBodyFrom, kBodyTo));
      starts.push_back(block.first_second);
    }
  }
  const std::optional<WarmUpEnd> end = EstimateWarmUpEnd(levels);
  if (!end) {
    return std::nullopt;
  }
  return end->index == 0 ? stretch.from_s : starts[end->index];
}

}  // namespace weir::analysis
