#include "analysis/permutation.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "analysis/moments.h"
#include "base/check.h"
#include "base/rng.h"

namespace weir::analysis {
namespace {

// Counts arrangements at least as extreme as the values as they are. Sums in another order differ
// by rounding; such a difference must not break a tie.
class Counter {
 public:
  explicit Counter(double seen) : seen_(seen), slack_(1e-12 * std::fabs(seen)) {}

  void Add(double statistic) {
    ++all_;
    upper_ += statistic >= seen_ - slack_ ? 1U : 0U;
    lower_ += statistic <= seen_ + slack_ ? 1U : 0U;
  }

  // `own`: the values themselves count as one more arrangement, as they must among drawn ones.
  PermutationTest Result(Tail tail, bool exact) const {
    const double own = exact ? 0 : 1;
    const double all = static_cast<double>(all_) + own;
    const double upper = (static_cast<double>(upper_) + own) / all;
    const double lower = (static_cast<double>(lower_) + own) / all;
    const double p = tail == Tail::kGreater ? upper
                     : tail == Tail::kLess  ? lower
                                            : 2 * std::min(upper, lower);
    return {.statistic = seen_, .p_value = std::min(p, 1.0), .arrangements = all_, .exact = exact};
  }

 private:
  double seen_;
  double slack_;
  std::uint64_t all_ = 0;
  std::uint64_t upper_ = 0;
  std::uint64_t lower_ = 0;
};

// Ways to choose `few` of `all`, or anything above `limit`.
double Choose(std::size_t all, std::size_t few, double limit) {
  double ways = 1;
  for (std::size_t i = 1; i <= few && ways <= limit; ++i) {
    ways *= static_cast<double>(all - few + i) / static_cast<double>(i);
  }
  return ways;
}

void Shuffle(std::vector<double>& values, Rng& rng) {
  for (std::size_t i = values.size(); i > 1; --i) {
    std::swap(values[i - 1], values[rng.Below(i)]);
  }
}

}  // namespace

double MeanDifference(std::span<const double> a, std::span<const double> b) {
  return MomentsOf(b).mean - MomentsOf(a).mean;
}

PermutationTest TestByPermutation(std::span<const double> a, std::span<const double> b,
                                  const TwoSampleStatistic& statistic, Tail tail,
                                  const PermutationOptions& options) {
  WEIR_CHECK(options.arrangements_max >= 100);
  if (a.empty() || b.empty()) {
    return {};
  }
  Counter counter(statistic(a, b));
  std::vector<double> pool(a.begin(), a.end());
  pool.insert(pool.end(), b.begin(), b.end());
  const auto limit = static_cast<double>(options.arrangements_max);
  if (Choose(pool.size(), std::min(a.size(), b.size()), limit) > limit) {
    Rng rng(options.seed);
    for (std::uint64_t i = 0; i < options.arrangements_max; ++i) {
      Shuffle(pool, rng);
      const std::span<const double> all(pool);
      counter.Add(statistic(all.first(a.size()), all.subspan(a.size())));
    }
    return counter.Result(tail, false);
  }
  // Every choice of places for b, in the order of next_permutation.
  std::vector<char> is_b(pool.size(), 0);
  std::fill(is_b.end() - static_cast<std::ptrdiff_t>(b.size()), is_b.end(), 1);
  do {
    std::vector<double> sides[2];
    for (std::size_t i = 0; i < pool.size(); ++i) {
      sides[is_b[i] != 0 ? 1 : 0].push_back(pool[i]);
    }
    counter.Add(statistic(sides[0], sides[1]));
  } while (std::next_permutation(is_b.begin(), is_b.end()));
  return counter.Result(tail, true);
}

PermutationTest TestBySigns(std::span<const double> differences, Tail tail,
                            const PermutationOptions& options) {
  WEIR_CHECK(options.arrangements_max >= 100);
  if (differences.empty()) {
    return {};
  }
  Counter counter(MomentsOf(differences).mean);
  const auto sum_with = [&](auto is_turned) {
    Moments moments;
    for (std::size_t i = 0; i < differences.size(); ++i) {
      moments.Add(is_turned(i) ? -differences[i] : differences[i]);
    }
    return moments.mean;
  };
  const bool exact = differences.size() < 63 &&
                     (std::uint64_t{1} << differences.size()) <= options.arrangements_max;
  if (exact) {
    for (std::uint64_t signs = 0; signs < std::uint64_t{1} << differences.size(); ++signs) {
      counter.Add(sum_with([signs](std::size_t i) { return ((signs >> i) & 1U) != 0; }));
    }
    return counter.Result(tail, true);
  }
  Rng rng(options.seed);
  for (std::uint64_t draw = 0; draw < options.arrangements_max; ++draw) {
    counter.Add(sum_with([&rng](std::size_t) { return (rng.Next() >> 63) != 0; }));
  }
  return counter.Result(tail, false);
}

}  // namespace weir::analysis
