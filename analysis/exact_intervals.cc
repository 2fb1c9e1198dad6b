#include "analysis/exact_intervals.h"

#include "analysis/distributions.h"
#include "base/check.h"

namespace weir::analysis {

Interval ClopperPearson(std::uint64_t successes, std::uint64_t trials, double confidence) {
  WEIR_CHECK(trials > 0);
  WEIR_CHECK(successes <= trials);
  WEIR_CHECK(confidence > 0 && confidence < 1);
  const double miss = (1 - confidence) / 2;
  const auto k = static_cast<double>(successes);
  const auto rest = static_cast<double>(trials - successes);
  return {.low = successes == 0 ? 0 : BetaQuantile(miss, k, rest + 1),
          .high = successes == trials ? 1 : BetaUpperQuantile(miss, k + 1, rest)};
}

Interval Garwood(std::uint64_t events, double confidence) {
  WEIR_CHECK(confidence > 0 && confidence < 1);
  const double miss = (1 - confidence) / 2;
  const auto k = static_cast<double>(events);
  return {.low = events == 0 ? 0 : GammaQuantile(miss, k), .high = GammaUpperQuantile(miss, k + 1)};
}

}  // namespace weir::analysis
