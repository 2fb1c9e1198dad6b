#include "monitor/sources/distribution.h"

#include <algorithm>
#include <cmath>

namespace weir::monitor {

std::optional<Distribution> Added(const Distribution& now, const Distribution& before) {
  Distribution added = now;
  added.count -= before.count;
  added.sum -= before.sum;
  auto cell = added.cells.begin();
  for (const Distribution::Cell& old : before.cells) {
    cell = std::find_if(cell, added.cells.end(), [&old](const Distribution::Cell& each) {
      return each.low <= old.low && old.high <= each.high;
    });
    if (cell == added.cells.end() || cell->count < old.count) {
      return std::nullopt;
    }
    cell->count -= old.count;
  }
  if (added.count < 0) {
    return std::nullopt;
  }
  std::erase_if(added.cells, [](const Distribution::Cell& each) { return each.count <= 0; });
  return added;
}

std::optional<double> Quantile(const Distribution& of, double q) {
  double total = 0;
  for (const Distribution::Cell& cell : of.cells) {
    total += cell.count;
  }
  double before = 0;
  for (const Distribution::Cell& cell : of.cells) {
    if (before + cell.count < q * total && &cell != &of.cells.back()) {
      before += cell.count;
      continue;
    }
    if (std::isinf(cell.low) && std::isinf(cell.high)) {
      return std::nullopt;
    }
    const double low = std::isinf(cell.low) ? std::min(0.0, cell.high) : cell.low;
    const double high = std::isinf(cell.high) ? low : cell.high;
    const double share = std::clamp((q * total - before) / cell.count, 0.0, 1.0);
    return low + (high - low) * share;
  }
  return std::nullopt;
}

}  // namespace weir::monitor
