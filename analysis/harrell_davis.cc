#include "analysis/harrell_davis.h"

#include <algorithm>

#include "analysis/distributions.h"
#include "base/check.h"

namespace weir::analysis {
namespace {

constexpr double kTailValues = 5;
constexpr double kNegligible = 1e-17;

// The last rank, 0 .. n, below which the weights add up to at most `mass`.
std::size_t RankWithMass(std::size_t n, double a, double b, double mass) {
  std::size_t low = 0;
  std::size_t high = n;
  while (low < high) {
    const std::size_t middle = low + (high - low + 1) / 2;
    if (BetaCdf(static_cast<double>(middle) / static_cast<double>(n), a, b) <= mass) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

}  // namespace

double HarrellDavis(std::span<const double> sorted, double q, std::optional<double> size) {
  WEIR_CHECK(!sorted.empty());
  WEIR_CHECK(q > 0 && q < 1);
  WEIR_CHECK(size.value_or(1) > 0);
  const std::size_t n = sorted.size();
  const double total = std::min(size.value_or(static_cast<double>(n)), static_cast<double>(n));
  const double a = (total + 1) * q;
  const double b = (total + 1) * (1 - q);
  const std::size_t first = RankWithMass(n, a, b, kNegligible);
  double sum = 0;
  double below = 0;
  for (std::size_t rank = first; rank < n && below < 1; ++rank) {
    const double share = static_cast<double>(rank + 1) / static_cast<double>(n);
    const double cumulative = rank + 1 == n ? 1 : BetaCdf(share, a, b);
    sum += (cumulative - below) * sorted[rank];
    below = cumulative;
  }
  return sum;
}

double WidenedSize(double q) {
  WEIR_CHECK(q > 0 && q < 1);
  return kTailValues / std::min(q, 1 - q);
}

}  // namespace weir::analysis
