// The rates that docs/statistics.md states, on 200 seeded sets each.
#include <cstdio>

#include <gtest/gtest.h>

#include "analysis/ux.h"
#include "tests/analysis/ux_sets.h"

namespace weir::analysis {
namespace {

constexpr int kSets = 200;

struct Rates {
  int any = 0;    // Sets with an association.
  int right = 0;  // The strongest is the planted pair, at its lag.
};

class UxRatesTest : public testing::TestWithParam<tests::UxSetOptions> {
 protected:
  template <typename MakeSet>
  Rates Measure(MakeSet make_set) const {
    UxOptions options;
    options.correlation.lag_max = 12;
    Rates rates;
    for (std::uint64_t number = 0; number < kSets; ++number) {
      const tests::UxSet set = make_set(GetParam(), 1'000 + number);
      const std::vector<UxPair> pairs = CorrelateUx(set.drivers, set.outcomes, options);
      const UxPair& best = pairs.front();
      rates.any += best.associated;
      rates.right += best.associated && best.driver == "latency1" && best.outcome == "outcome1" &&
                     best.correlation.found->lag == set.lag;
    }
    return rates;
  }
};

TEST_P(UxRatesTest, FewNullSetsHaveAFalsePair) {
  const Rates rates = Measure(&tests::NullSet);
  std::printf("null sets with a false pair: %d of %d\n", rates.any, kSets);
  EXPECT_LE(rates.any, kSets * 5 / 100);
}

TEST_P(UxRatesTest, ThePlantedPairAndLagAreFoundRight) {
  const Rates rates = Measure(&tests::PlantedSet);
  std::printf("planted pair and lag right: %d of %d\n", rates.right, kSets);
  EXPECT_GE(rates.right, kSets * 95 / 100);
}

INSTANTIATE_TEST_SUITE_P(Kinds, UxRatesTest,
                         testing::Values(tests::UxSetOptions{.rows = 300, .season = 0},
                                         tests::UxSetOptions{.rows = 500, .season = 1},
                                         tests::UxSetOptions{
                                             .rows = 500, .season = 3, .period = 168},
                                         tests::UxSetOptions{.rows = 1'000, .season = 2}));

}  // namespace
}  // namespace weir::analysis
