#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/verdict.h"

namespace weir::analysis {

/// Wrong requests among the planned ones of a run.
struct ErrorCount {
  std::uint64_t wrong = 0;    ///< <= planned.
  std::uint64_t planned = 0;  ///< > 0.
};

/// The difference of two error ratios, with runs as the unit.
struct ErrorEffect {
  double ratio_a = 0;  ///< All wrong over all planned.
  double ratio_b = 0;
  double dispersion =
      1;               ///< Variance between runs over what independent requests would give; >= 1.
  double df = 0;       ///< Degrees of freedom of the dispersion.
  double p_upper = 1;  ///< One-sided, for "b has more errors".
  double p_two_sided = 1;
  Interval interval;  ///< Of ratio_b - ratio_a at the confidence asked for, two-sided.
};

/// Zero-safe and exact where the runs allow it. The p-value of Fisher's exact test on the pooled
/// counts is turned into its normal deviate, divided by the square root of the dispersion
/// (Pearson's chi-square of the runs around their side over its df, at least 1: quasi-binomial,
/// McCullagh and Nelder, "Generalized Linear Models", 2nd ed. (1989), section 4.5), and referred to
/// Student's t with the df of the dispersion. So an outage that hits one run of five does not read
/// as "the candidate fails more often". A side without any error says nothing about dispersion;
/// its runs do not count into df. Interval: Newcombe's hybrid score method (Statistics in Medicine
/// 17 (1998), method 10) with Student's t for the normal deviate and the counts divided by the
/// dispersion. No value with fewer than 2 runs a side or df < 1.
std::optional<ErrorEffect> EstimateErrorEffect(std::span<const ErrorCount> a,
                                               std::span<const ErrorCount> b, double confidence);

}  // namespace weir::analysis
