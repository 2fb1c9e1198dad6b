#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/verdict.h"

/// Comparing two sets of values by their order: no assumption on the shape of the distributions,
/// and one wild value cannot decide. The unit must be what is independent: runs, not the requests
/// of a run (pooled requests flag 38 to 46 % of comparisons of a build with itself).
namespace weir::analysis {

enum class Tail {
  kTwoSided,
  kGreater,  ///< The values of b tend to be larger than those of a.
  kLess,
};

struct MannWhitney {
  double u = 0;        ///< Pairs (one of a, one of b) in which b is larger, ties counting half.
  double share = 0.5;  ///< u over all pairs: how often b is larger. 0.5 = no tendency.
  double p_value = 1;
  bool exact = false;  ///< From all ways to deal the values out, ties included; else normal.
};

/// Values on both sides together up to which p is exact.
inline constexpr std::size_t kExactRankTestMax = 60;

/// Mann-Whitney's (Wilcoxon's) rank sum test. Exact for up to kExactRankTestMax values, with ties
/// handled by the permutation distribution of the midranks; beyond, the normal approximation with
/// correction for ties and continuity (error of p below 4e-3 there, relative to p more in the
/// far tail). p is 1 when a side is empty or all values are equal. Values are not NaN.
/// It tests that a value of b is larger than one of a as often as smaller; with unequal spread that
/// is no test of medians.
/// Cost: O(n log n), for the exact p O(n^4) additions, at most some 3 ms. Thread-safe (pure).
/// Source: Mann and Whitney, Annals of Mathematical Statistics 18 (1947); ties: Streitberg and
/// Roehmel, Statistical Software Newsletter 12 (1986) (the shift algorithm).
/// Checked against: scipy.stats.mannwhitneyu (exact and asymptotic) and enumeration of all
/// arrangements for ties, statistics_core.csv, 1e-10.
MannWhitney TestMannWhitney(std::span<const double> a, std::span<const double> b, Tail tail);

/// By how much b is shifted against a.
struct HodgesLehmann {
  double shift = 0;                  ///< Median of all differences b[j] - a[i].
  std::optional<Interval> interval;  ///< Absent when the sides are too small for the confidence.
  double confidence = 0;  ///< Achieved by the interval; >= the one asked for where exact.
};

/// The estimate that belongs to the rank test, with the interval of all shifts that it does not
/// reject. Exact coverage for continuous distributions that differ by a shift and up to
/// kExactRankTestMax values (ties make it wider); beyond, normal approximation. No value when a
/// side is empty. Values finite; confidence in (0, 1). Cost: O((n + m) log(n + m)), also for
/// millions: the differences are never written down. Source: Hodges and Lehmann, Annals of
/// Mathematical Statistics 34 (1963); interval: Bauer, JASA 67 (1972). Checked against: the
/// definition over all pairs in NumPy, statistics_core.csv, exactly; coverage in
/// tests/analysis/statistics_calibration_test.cc.
std::optional<HodgesLehmann> EstimateShift(std::span<const double> a, std::span<const double> b,
                                           double confidence);

}  // namespace weir::analysis
