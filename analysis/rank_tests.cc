#include "analysis/rank_tests.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "analysis/distributions.h"
#include "base/check.h"

namespace weir::analysis {
namespace {

// Both sides in one order: twice the midrank of each value (so that it is whole), and which are
// b's.
struct Ranked {
  std::vector<std::uint32_t> twice_rank_of_b;
  std::vector<std::uint32_t> twice_rank;  // Of all, ascending.
  double tie_sum = 0;                     // Sum of t^3 - t over groups of t equal values.
};

Ranked RankTogether(std::span<const double> a, std::span<const double> b) {
  struct Value {
    double value;
    bool of_b;
  };

  std::vector<Value> all;
  all.reserve(a.size() + b.size());
  for (const double value : a) {
    WEIR_CHECK(!std::isnan(value));
    all.push_back({value, false});
  }
  for (const double value : b) {
    WEIR_CHECK(!std::isnan(value));
    all.push_back({value, true});
  }
  std::sort(all.begin(), all.end(),
            [](const Value& x, const Value& y) { return x.value < y.value; });
  Ranked ranked;
  for (std::size_t from = 0; from < all.size();) {
    std::size_t to = from;
    while (to < all.size() && all[to].value == all[from].value) {
      ++to;
    }
    // Ranks from + 1 .. to; twice their mean.
    const auto twice = static_cast<std::uint32_t>(from + 1 + to);
    for (std::size_t i = from; i < to; ++i) {
      ranked.twice_rank.push_back(twice);
      if (all[i].of_b) {
        ranked.twice_rank_of_b.push_back(twice);
      }
    }
    const auto ties = static_cast<double>(to - from);
    ranked.tie_sum += ties * ties * ties - ties;
    from = to;
  }
  return ranked;
}

// How probable each sum of twice the ranks of `size` values is, when any `size` of all are equally
// likely to be b's: index = sum.
std::vector<double> SumDistribution(const std::vector<std::uint32_t>& twice_ranks,
                                    std::size_t size) {
  std::uint32_t total = 0;
  for (const std::uint32_t rank : twice_ranks) {
    total += rank;
  }
  const std::size_t width = total + 1;
  // ways[k * width + s]: chance-weighted; scaled by k-th hypergeometric step to stay in range.
  std::vector<double> ways((size + 1) * width, 0);
  ways[0] = 1;
  std::size_t reach = 0;
  for (std::size_t i = 0; i < twice_ranks.size(); ++i) {
    const std::size_t rank = twice_ranks[i];
    reach += rank;
    for (std::size_t k = std::min(size, i + 1); k > 0; --k) {
      double* to = &ways[k * width];
      const double* from = &ways[(k - 1) * width];
      for (std::size_t sum = reach; sum >= rank; --sum) {
        to[sum] += from[sum - rank];
      }
    }
  }
  std::vector<double> chances(ways.begin() + static_cast<std::ptrdiff_t>(size * width), ways.end());
  double all = 0;
  for (const double way : chances) {
    all += way;
  }
  for (double& way : chances) {
    way /= all;
  }
  return chances;
}

struct Tails {
  double upper = 1;  // P(sum >= seen)
  double lower = 1;
};

double PValue(const Tails& tails, Tail tail) {
  switch (tail) {
    case Tail::kGreater:
      return std::min(tails.upper, 1.0);
    case Tail::kLess:
      return std::min(tails.lower, 1.0);
    case Tail::kTwoSided:
      break;
  }
  return std::min(1.0, 2 * std::min(tails.upper, tails.lower));
}

Tails ExactTails(const Ranked& ranked) {
  const std::vector<double> chances =
      SumDistribution(ranked.twice_rank, ranked.twice_rank_of_b.size());
  std::size_t seen = 0;
  for (const std::uint32_t rank : ranked.twice_rank_of_b) {
    seen += rank;
  }
  Tails tails{0, 0};
  for (std::size_t sum = 0; sum < chances.size(); ++sum) {
    tails.upper += sum >= seen ? chances[sum] : 0;
    tails.lower += sum <= seen ? chances[sum] : 0;
  }
  return tails;
}

struct SideSizes {
  double a = 0;
  double b = 0;
};

double VarianceOfU(const SideSizes& sizes, double tie_sum) {
  const double all = sizes.a + sizes.b;
  return sizes.a * sizes.b / 12 * (all + 1 - tie_sum / (all * (all - 1)));
}

Tails NormalTails(double u, const SideSizes& sizes, double tie_sum) {
  const double deviation = std::sqrt(VarianceOfU(sizes, tie_sum));
  const double distance = u - sizes.a * sizes.b / 2;
  return {NormalUpperTail((distance - 0.5) / deviation),
          NormalUpperTail((-distance - 0.5) / deviation)};
}

// Doubles in their order as whole numbers, so that bisection ends after 64 steps.
std::uint64_t OrderOf(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

double ValueOf(std::uint64_t order) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  return std::bit_cast<double>((order & kSign) != 0 ? order & ~kSign : ~order);
}

// Differences b[j] - a[i] <= limit; both ascending.
std::uint64_t CountUpTo(std::span<const double> a, std::span<const double> b, double limit) {
  std::uint64_t count = 0;
  std::size_t i = a.size();
  // A larger b needs a larger a: walk both from the top.
  std::size_t j = b.size();
  std::size_t first = a.size();  // a[first ..] satisfy b[j] - a[i] <= limit.
  while (j > 0) {
    --j;
    // For smaller b more of a qualify: move first down.
    while (first > 0 && b[j] - a[first - 1] <= limit) {
      --first;
    }
    count += i - first;
  }
  return count;
}

// The rank-th smallest difference, rank from 1.
double DifferenceOfRank(std::span<const double> a, std::span<const double> b, std::uint64_t rank) {
  std::uint64_t low = OrderOf(b.front() - a.back());
  std::uint64_t high = OrderOf(b.back() - a.front());
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (CountUpTo(a, b, ValueOf(middle)) >= rank) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return ValueOf(low);
}

struct DifferenceRanks {
  std::uint64_t below = 0;  // The interval leaves out this many differences on each side, minus 1.
  double confidence = 0;
};

// The largest c for which [D(c), D(pairs + 1 - c)] keeps the confidence; 0 = none does.
DifferenceRanks RanksOfInterval(const SideSizes& sizes, double confidence) {
  const double pairs = sizes.a * sizes.b;
  const double miss = (1 - confidence) / 2;
  if (sizes.a + sizes.b > static_cast<double>(kExactRankTestMax)) {
    const double reach = NormalUpperQuantile(miss) * std::sqrt(VarianceOfU(sizes, 0));
    const double below = std::floor(pairs / 2 - reach);
    return {below < 1 ? 0 : static_cast<std::uint64_t>(below), confidence};
  }
  std::vector<std::uint32_t> twice_ranks;
  for (std::uint32_t rank = 1; rank <= static_cast<std::uint32_t>(sizes.a + sizes.b); ++rank) {
    twice_ranks.push_back(2 * rank);
  }
  const std::vector<double> chances =
      SumDistribution(twice_ranks, static_cast<std::size_t>(sizes.b));
  // U = (sum of twice ranks) / 2 - b (b + 1) / 2; the interval misses on one side when U < c.
  const auto lowest = static_cast<std::size_t>(sizes.b * (sizes.b + 1));
  DifferenceRanks ranks;
  double missed = 0;
  for (std::size_t u = 0; lowest + 2 * u < chances.size(); ++u) {
    missed += chances[lowest + 2 * u];
    if (missed > miss) {
      break;
    }
    ranks = {u + 1, 1 - 2 * missed};
  }
  return ranks;
}

std::vector<double> Sorted(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace

MannWhitney TestMannWhitney(std::span<const double> a, std::span<const double> b, Tail tail) {
  MannWhitney result;
  if (a.empty() || b.empty()) {
    return result;
  }
  const Ranked ranked = RankTogether(a, b);
  const SideSizes sizes{static_cast<double>(a.size()), static_cast<double>(b.size())};
  double rank_sum = 0;
  for (const std::uint32_t twice : ranked.twice_rank_of_b) {
    rank_sum += static_cast<double>(twice) / 2;
  }
  result.u = rank_sum - sizes.b * (sizes.b + 1) / 2;
  result.share = result.u / (sizes.a * sizes.b);
  result.exact = a.size() + b.size() <= kExactRankTestMax;
  if (VarianceOfU(sizes, ranked.tie_sum) <= 0) {
    return result;
  }
  result.p_value = PValue(
      result.exact ? ExactTails(ranked) : NormalTails(result.u, sizes, ranked.tie_sum), tail);
  return result;
}

std::optional<HodgesLehmann> EstimateShift(std::span<const double> a, std::span<const double> b,
                                           double confidence) {
  WEIR_CHECK(confidence > 0 && confidence < 1);
  if (a.empty() || b.empty()) {
    return std::nullopt;
  }
  const std::vector<double> sorted_a = Sorted(a);
  const std::vector<double> sorted_b = Sorted(b);
  const std::uint64_t pairs = std::uint64_t{a.size()} * b.size();
  HodgesLehmann result;
  const double upper = DifferenceOfRank(sorted_a, sorted_b, pairs / 2 + 1);
  result.shift =
      pairs % 2 == 1 ? upper : upper / 2 + DifferenceOfRank(sorted_a, sorted_b, pairs / 2) / 2;
  const DifferenceRanks ranks =
      RanksOfInterval({static_cast<double>(a.size()), static_cast<double>(b.size())}, confidence);
  if (ranks.below > 0) {
    result.interval =
        Interval{.low = DifferenceOfRank(sorted_a, sorted_b, ranks.below),
                 .high = DifferenceOfRank(sorted_a, sorted_b, pairs + 1 - ranks.below)};
    result.confidence = ranks.confidence;
  }
  return result;
}

}  // namespace weir::analysis
