#include "analysis/series_summary.h"

#include <algorithm>
#include <limits>

#include <gtest/gtest.h>

#include "analysis/quantile_interval.h"
#include "base/rng.h"
#include "tests/analysis/random_series.h"

namespace weir::analysis {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double CoverageOfMedian(double rho, std::uint64_t seed) {
  constexpr int kRounds = 400;
  int covered = 0;
  for (int round = 0; round < kRounds; ++round) {
    Rng rng = Rng::ForPart(seed, static_cast<std::uint64_t>(round));
    const auto median = QuantileOfSeries(tests::Autoregression(rng, 400, rho), 0.5, 0.95);
    covered += median->interval && median->interval->low <= 0 && median->interval->high >= 0;
  }
  return static_cast<double>(covered) / kRounds;
}

TEST(QuantileOfSeriesTest, CoversUnderAutocorrelation) {
  for (const double rho : {0.0, 0.5, 0.8}) {
    EXPECT_GE(CoverageOfMedian(rho, 5), 0.90) << rho;
  }
}

TEST(QuantileOfSeriesTest, IndependentValuesGiveTheOrderStatistics) {
  std::vector<double> values;
  Rng rng(2);
  for (int i = 0; i < 300; ++i) {
    values.push_back(rng.Exponential());
  }
  const auto dependent = QuantileOfSeries(values, 0.9, 0.95);
  std::sort(values.begin(), values.end());
  const auto plain = QuantileInterval(values, 0.9, 0.95);
  ASSERT_TRUE(dependent->interval);
  EXPECT_LE(dependent->interval->low, plain->low);
  EXPECT_GE(dependent->interval->high, plain->high);
}

TEST(SeriesSummaryTest, CountsWhatIsMissing) {
  const SeriesSummary summary = SummaryOf(std::vector<double>{1, kNaN, 3, 2});
  EXPECT_EQ(summary.values, 3U);
  EXPECT_EQ(summary.missing, 1U);
  EXPECT_EQ(summary.lowest, 1);
  EXPECT_EQ(summary.highest, 3);
  EXPECT_EQ(summary.p50->value, 2);
  EXPECT_FALSE(summary.p50->interval);
}

TEST(SeriesSummaryTest, SaysWhyItKnowsNothing) {
  EXPECT_EQ(SummaryOf({}).warnings, std::vector<std::string>{"no value is present"});
  const SeriesSummary equal = SummaryOf(std::vector<double>(50, 7.0));
  EXPECT_EQ(equal.warnings, std::vector<std::string>{"all values are equal"});
  EXPECT_FALSE(equal.lag1);
}

}  // namespace
}  // namespace weir::analysis
