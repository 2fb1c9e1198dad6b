#include "analysis/ux.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "tests/analysis/ux_sets.h"

namespace weir::analysis {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

UxOptions Options() {
  UxOptions options;
  options.correlation.lag_max = 12;
  return options;
}

TEST(UxTest, FindsThePlantedPairAndLag) {
  for (std::uint64_t round = 0; round < 4; ++round) {
    const tests::UxSet set = tests::PlantedSet({.rows = 400, .season = 1}, round);
    const std::vector<UxPair> pairs = CorrelateUx(set.drivers, set.outcomes, Options());
    ASSERT_TRUE(pairs.front().associated) << round;
    EXPECT_EQ(pairs.front().driver, "latency1");
    EXPECT_EQ(pairs.front().outcome, "outcome1");
    EXPECT_EQ(pairs.front().correlation.found->lag, set.lag) << round;
    EXPECT_LT(pairs.front().correlation.found->correlation, 0);
    EXPECT_TRUE(pairs.front().dose_response);
  }
}

TEST(UxTest, ASharedSeasonIsNoAssociation) {
  int sets = 0;
  for (std::uint64_t round = 0; round < 8; ++round) {
    const tests::UxSet set = tests::NullSet({.rows = 400, .season = 2}, round);
    bool any = false;
    for (const UxPair& pair : CorrelateUx(set.drivers, set.outcomes, Options())) {
      any = any || pair.associated;
    }
    sets += any;
  }
  EXPECT_LE(sets, tests::CountMax(8, 0.05));
}

TEST(UxTest, ScaleShiftAndOrderOfColumnsChangeNothing) {
  tests::UxSet set = tests::PlantedSet({.rows = 400, .season = 1}, 3);
  const auto before = CorrelateUx(set.drivers, set.outcomes, Options());
  for (Series& series : set.drivers) {
    for (double& value : series.values) {
      value = 1e6 * value + 5;
    }
  }
  std::swap(set.drivers[0], set.drivers[1]);
  const auto after = CorrelateUx(set.drivers, set.outcomes, Options());
  EXPECT_EQ(after.front().driver, before.front().driver);
  EXPECT_EQ(after.front().correlation.found->lag, before.front().correlation.found->lag);
  EXPECT_NEAR(after.front().correlation.found->correlation,
              before.front().correlation.found->correlation, 1e-9);
}

TEST(UxTest, AnOutcomeThatMovesFirstHasANegativeLagAndNoDose) {
  tests::UxSet set = tests::PlantedSet({.rows = 400, .season = 0}, 5);
  const auto pairs = CorrelateUx(set.outcomes, set.drivers, Options());
  ASSERT_TRUE(pairs.front().associated);
  EXPECT_EQ(pairs.front().correlation.found->lag, -set.lag);
  EXPECT_EQ(pairs.front().dose_response.has_value(), set.lag == 0);
}

TEST(UxTest, OfVeryLongSeriesTheNewestRowsCountAndThatIsSaid) {
  Rng rng(2);
  Series latency{.name = "latency", .unit = "", .values = {}, .errors = {}};
  Series orders{.name = "orders", .unit = "", .values = {}, .errors = {}};
  for (std::size_t t = 0; t < kUxRowsMax + 5'000; ++t) {
    latency.values.push_back(rng.Normal());
    orders.values.push_back(rng.Normal());
  }
  UxOptions options;
  options.correlation.lag_max = 500;  // Few slow changes to take out: this is about the rows.
  const std::vector<Series> drivers = {latency};
  const std::vector<Series> outcomes = {orders};
  const auto pairs = CorrelateUx(drivers, outcomes, options);
  ASSERT_EQ(pairs[0].correlation.warnings.size(), 1U);
  EXPECT_EQ(pairs[0].correlation.warnings[0],
            "of 25000 rows the newest 20000 were looked at: join to longer rows to see all");
}

TEST(UxTest, ShortEqualMissingAndExtremeSeriesGiveAReason) {
  const auto reason = [](std::vector<double> driver, std::vector<double> outcome) {
    const std::vector<Series> drivers = {tests::Named("d", std::move(driver))};
    const std::vector<Series> outcomes = {tests::Named("o", std::move(outcome))};
    const auto pairs = CorrelateUx(drivers, outcomes, Options());
    return pairs.at(0).correlation.found ? "found" : pairs.at(0).correlation.reason;
  };
  std::vector<double> ramp;
  for (int i = 0; i < 100; ++i) {
    ramp.push_back(i % 7);
  }
  EXPECT_EQ(reason({}, {}), "0 rows with both values; 40 are needed");
  EXPECT_EQ(reason({1, 2, 3}, {1, 2, 3}), "3 rows with both values; 40 are needed");
  EXPECT_EQ(reason(std::vector<double>(100, 5.0), ramp), "one of the two does not vary");
  EXPECT_EQ(reason(std::vector<double>(100, kNaN), ramp), "0 rows with both values; 40 are needed");
  std::vector<double> extreme = ramp;
  extreme[50] = 1e308;
  extreme[51] = -1e308;
  EXPECT_FALSE(reason(extreme, ramp).empty());
  EXPECT_TRUE(CorrelateUx({}, {}, Options()).empty());
}

}  // namespace
}  // namespace weir::analysis
