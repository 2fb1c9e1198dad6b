#pragma once

#include <span>

#include "analysis/effect.h"

/// Many comparisons with few runs each know their noise badly; together they know it well.
namespace weir::analysis {

/// What the variances of many alike comparisons are spread around: an inverse chi-square.
struct VariancePrior {
  double df = 0;        ///< How much it counts; 0: nothing is known.
  double variance = 0;  ///< Its typical value.
};

inline constexpr double kPriorDfMax = 500;

/// Fits by the mean and variance of log(variance). `variances` >= 0, each with `df` > 0 degrees of
/// freedom; those of 0 are left out. Fewer than 3: nothing is known. At most kPriorDfMax, which it
/// has when the variances differ no more than chance makes them.
/// Source: Smyth, Statistical Applications in Genetics and Molecular Biology 3 (2004), section 6.2
/// and, for the inverse of the trigamma function, its appendix.
VariancePrior FitVariancePrior(std::span<const double> variances, double df);

/// The effect with its variance drawn towards the prior, and the degrees of freedom of both. The
/// error is at least `error_min` > 0.
Effect Moderated(Effect effect, const VariancePrior& prior, double error_min);

}  // namespace weir::analysis
