#include "analysis/equivalence.h"

#include <algorithm>
#include <cmath>

#include "analysis/distributions.h"
#include "analysis/moments.h"
#include "base/check.h"

namespace weir::analysis {

Equivalence TestEquivalence(const EstimatedDifference& estimate, const Interval& margin,
                            double alpha) {
  WEIR_CHECK(margin.low < margin.high);
  WEIR_CHECK(alpha > 0 && alpha < 0.5);
  WEIR_CHECK(estimate.error > 0);
  Equivalence result;
  result.p_low = StudentUpperTail((estimate.difference - margin.low) / estimate.error, estimate.df);
  result.p_high =
      StudentUpperTail((margin.high - estimate.difference) / estimate.error, estimate.df);
  result.p = std::max(result.p_low, result.p_high);
  const double reach = StudentQuantile(1 - alpha, estimate.df) * estimate.error;
  result.interval = {.low = estimate.difference - reach, .high = estimate.difference + reach};
  result.equivalent = result.p <= alpha;
  return result;
}

std::optional<EstimatedDifference> WelchDifference(std::span<const double> a,
                                                   std::span<const double> b) {
  const Moments of_a = MomentsOf(a);
  const Moments of_b = MomentsOf(b);
  if (of_a.count < 2 || of_b.count < 2) {
    return std::nullopt;
  }
  const double share_a = of_a.variance() / of_a.count;
  const double share_b = of_b.variance() / of_b.count;
  const double square = share_a + share_b;
  if (!(square > 0)) {
    return std::nullopt;
  }
  // As shares of the whole, so that no square underflows.
  const double part_a = share_a / square;
  const double part_b = share_b / square;
  const double df = 1 / (part_a * part_a / (of_a.count - 1) + part_b * part_b / (of_b.count - 1));
  return EstimatedDifference{
      .difference = of_b.mean - of_a.mean, .error = std::sqrt(square), .df = df};
}

std::optional<EstimatedDifference> PairedDifference(std::span<const double> differences) {
  const Moments moments = MomentsOf(differences);
  if (moments.count < 2 || !(moments.variance() > 0)) {
    return std::nullopt;
  }
  return EstimatedDifference{.difference = moments.mean,
                             .error = std::sqrt(moments.variance() / moments.count),
                             .df = moments.count - 1};
}

}  // namespace weir::analysis
