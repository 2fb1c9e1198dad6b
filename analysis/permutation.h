#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "analysis/rank_tests.h"

/// Tests that only use that under the hypothesis every arrangement of the values is equally likely:
/// whatever their distribution and whatever the statistic, the level holds.
namespace weir::analysis {

struct PermutationOptions {
  /// All arrangements are gone through up to this many, else this many are drawn. >= 100.
  std::uint64_t arrangements_max = 20'000;
  std::uint64_t seed = 1;  ///< Of the draws.
};

struct PermutationTest {
  double statistic = 0;  ///< Of the values as they are.
  double p_value = 1;    ///< Two-sided: twice the smaller tail, at most 1.
  std::uint64_t arrangements = 0;
  bool exact = false;  ///< All arrangements. Else (hits + 1) / (draws + 1), which is valid, too.
};

/// A number computed from the two sides; larger = b is larger. It must not depend on order inside a
/// side.
using TwoSampleStatistic =
    std::function<double(std::span<const double> a, std::span<const double> b)>;

/// mean(b) - mean(a).
double MeanDifference(std::span<const double> a, std::span<const double> b);

/// Deals the values of both sides out again. Valid when runs of both sides are exchangeable under
/// the hypothesis: interleaved or random order, no drift, equal spread. With 5 and 5 values there
/// are 252 arrangements, so p is never below 0.008 (two-sided). p is 1 when a side is empty. Values
/// finite.
/// Cost: arrangements x statistic. Deterministic for the seed. Thread-safe (pure).
/// Source: Pitman, JRSS Supplement 4 (1937); drawn arrangements: Phipson and Smyth, Statistical
/// Applications in Genetics and Molecular Biology 9 (2010).
/// Checked against: scipy.stats.permutation_test, statistics_core.csv, 1e-12 where exact.
PermutationTest TestByPermutation(std::span<const double> a, std::span<const double> b,
                                  const TwoSampleStatistic& statistic, Tail tail,
                                  const PermutationOptions& options = {});

/// The mean of differences of pairs, each with its sign turned or not. Valid when a difference is
/// symmetric around 0 under the hypothesis: duets. With 5 pairs p is never below 1/16 (two-sided).
/// Source: Fisher, "The Design of Experiments" (1935), section 21.
/// Checked against: scipy.stats.permutation_test (permutation_type="samples"), as above.
PermutationTest TestBySigns(std::span<const double> differences, Tail tail,
                            const PermutationOptions& options = {});

}  // namespace weir::analysis
