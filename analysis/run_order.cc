#include "analysis/run_order.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "base/check.h"

namespace weir::analysis {
namespace {

std::int64_t Start(const Run& run) {
  return CountNs(run.started_at);
}

// Shared time over the shorter duration; 0 when they do not overlap.
double OverlapShare(const Run& a, const Run& b) {
  const std::int64_t from = std::max(Start(a), Start(b));
  const std::int64_t to = std::min(Start(a) + CountNs(a.duration), Start(b) + CountNs(b.duration));
  const std::int64_t shorter = std::min(CountNs(a.duration), CountNs(b.duration));
  return to > from && shorter > 0 ? static_cast<double>(to - from) / static_cast<double>(shorter)
                                  : 0.0;
}

std::vector<std::size_t> ByStart(std::span<const Run> runs) {
  std::vector<std::size_t> order(runs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t x, std::size_t y) { return Start(runs[x]) < Start(runs[y]); });
  return order;
}

bool AnyOverlap(std::span<const Run> a, std::span<const Run> b) {
  return std::any_of(a.begin(), a.end(), [&](const Run& x) {
    return std::any_of(b.begin(), b.end(), [&](const Run& y) { return OverlapShare(x, y) > 0; });
  });
}

// Gives both runs of a pair the number of the pair; false when some run has no partner.
bool PairUp(std::span<const Run> a, std::span<const Run> b, RunOrder& order) {
  if (a.size() != b.size()) {
    return false;
  }
  const std::vector<std::size_t> of_a = ByStart(a);
  const std::vector<std::size_t> of_b = ByStart(b);
  for (std::size_t pair = 0; pair < of_a.size(); ++pair) {
    if (OverlapShare(a[of_a[pair]], b[of_b[pair]]) < kPairOverlap) {
      return false;
    }
    order.slot_a[of_a[pair]] = static_cast<double>(pair);
    order.slot_b[of_b[pair]] = static_cast<double>(pair);
  }
  return true;
}

// The mean place, among all runs by start, of those that start when `run` does.
double Place(const Run& run, std::span<const Run> a, std::span<const Run> b) {
  double before = 0;
  double same = 0;
  const auto count = [&](const Run& other) {
    before += Start(other) < Start(run) ? 1 : 0;
    same += Start(other) == Start(run) ? 1 : 0;
  };
  std::for_each(a.begin(), a.end(), count);
  std::for_each(b.begin(), b.end(), count);
  return before + (same - 1) / 2;
}

// Correlation of side (0, 1) and slot; 1 when slots do not differ at all.
double SideSlotCorrelation(const RunOrder& order) {
  const auto count_a = static_cast<double>(order.slot_a.size());
  const auto count_b = static_cast<double>(order.slot_b.size());
  const double n = count_a + count_b;
  const double sum_a = std::accumulate(order.slot_a.begin(), order.slot_a.end(), 0.0);
  const double sum_b = std::accumulate(order.slot_b.begin(), order.slot_b.end(), 0.0);
  const double mean = (sum_a + sum_b) / n;
  double spread = 0;
  for (const double slot : order.slot_a) {
    spread += (slot - mean) * (slot - mean);
  }
  for (const double slot : order.slot_b) {
    spread += (slot - mean) * (slot - mean);
  }
  const double side_spread = count_a * count_b / n;
  const double product = sum_b - count_b * mean;
  return spread > 0 && side_spread > 0 ? product / std::sqrt(spread * side_spread) : 1.0;
}

}  // namespace

std::string_view RunDesignName(RunDesign design) {
  switch (design) {
    case RunDesign::kDuet:
      return "duet";
    case RunDesign::kInterleaved:
      return "interleaved";
    case RunDesign::kSequential:
      return "sequential";
    case RunDesign::kUnknown:
      return "unknown";
  }
  WEIR_CHECK(false);
}

RunOrder OrderOf(std::span<const Run> a, std::span<const Run> b) {
  RunOrder order;
  order.slot_a.assign(a.size(), 0);
  order.slot_b.assign(b.size(), 0);
  const auto unset = [](const Run& run) { return Start(run) == 0; };
  if (a.empty() || b.empty() || std::any_of(a.begin(), a.end(), unset) ||
      std::any_of(b.begin(), b.end(), unset)) {
    return order;
  }
  if (PairUp(a, b, order)) {
    order.design = RunDesign::kDuet;
    return order;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    order.slot_a[i] = Place(a[i], a, b);
  }
  for (std::size_t i = 0; i < b.size(); ++i) {
    order.slot_b[i] = Place(b[i], a, b);
  }
  const bool balanced = std::fabs(SideSlotCorrelation(order)) <= kBalancedCorrelation;
  order.design = balanced ? RunDesign::kInterleaved : RunDesign::kSequential;
  order.overlapping = AnyOverlap(a, b);
  return order;
}

}  // namespace weir::analysis
