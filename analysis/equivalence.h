#pragma once

#include <optional>
#include <span>

#include "base/verdict.h"

/// Equivalence: showing that a difference is small, which "not significant" does not.
namespace weir::analysis {

/// An estimated difference and how well it is known.
struct EstimatedDifference {
  double difference = 0;
  double error = 0;  ///< Standard error; > 0.
  double df = 0;     ///< Degrees of freedom of the error; > 0.
};

/// Two one-sided t tests against a margin.
struct Equivalence {
  double p_low = 1;   ///< For "the difference is not above the lower end of the margin".
  double p_high = 1;  ///< For "the difference is not below the upper end".
  double p = 1;       ///< The larger of the two: small = equivalent, shown.
  Interval interval;  ///< At 1 - 2 alpha; equivalent exactly when it lies inside the margin.
  bool equivalent = false;
};

/// Whether the difference lies inside `margin` (low < high), with a chance of at most alpha of
/// saying so when it does not. alpha in (0, 0.5). Valid where the t test is: means of a few values
/// that are not far from normal, or many. Cost: O(1). Thread-safe (pure). Source: Schuirmann,
/// Journal of Pharmacokinetics and Biopharmaceutics 15 (1987). Checked against:
/// scipy.stats.ttest_1samp and ttest_ind with shifted values, statistics_core.csv, 1e-10.
Equivalence TestEquivalence(const EstimatedDifference& estimate, const Interval& margin,
                            double alpha);

/// mean(b) - mean(a) with unequal variances (Welch; df by Satterthwaite). No value when a side has
/// fewer than 2 values or nothing varies.
std::optional<EstimatedDifference> WelchDifference(std::span<const double> a,
                                                   std::span<const double> b);

/// The mean of differences of pairs. No value with fewer than 2 or when they are all equal.
std::optional<EstimatedDifference> PairedDifference(std::span<const double> differences);

}  // namespace weir::analysis
