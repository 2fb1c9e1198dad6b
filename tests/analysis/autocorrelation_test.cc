#include "analysis/autocorrelation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "base/rng.h"
#include "tests/analysis/golden_table.h"
#include "tests/analysis/random_series.h"

namespace weir::analysis {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(AutocorrelationTest, AgreesWithNumPy) {
  for (auto& row : tests::ReadGoldenTable("autocorrelation.csv")) {
    const std::vector<double> series = tests::NumbersOf(row["series"]);
    const double expected = tests::NumberOf(row["value"]);
    const std::string& figure = row["figure"];
    SCOPED_TRACE(row["name"] + " " + figure);
    if (figure == "time") {
      EXPECT_NEAR(EffectiveSizeOf(series).time, expected, 1e-9);
    } else if (figure == "batch_time") {
      EXPECT_NEAR(BatchMeansSizeOf(series, 8).time, expected, 1e-9);
    } else {
      const auto lag = static_cast<std::size_t>(tests::NumberOf(figure.substr(1)));
      EXPECT_NEAR(Autocorrelations(series, lag).at(lag), expected, 1e-9);
    }
  }
}

// The integrated time of a first-order autoregression is (1 + rho) / (1 - rho).
TEST(EffectiveSizeTest, FindsTheTimeOfAutoregressions) {
  for (const double rho : {0.0, 0.3, 0.6, 0.9}) {
    double sum = 0;
    constexpr int kRounds = 20;
    for (int round = 0; round < kRounds; ++round) {
      Rng rng = Rng::ForPart(7, static_cast<std::uint64_t>(round));
      sum += EffectiveSizeOf(tests::Autoregression(rng, 4000, rho)).time;
    }
    const double expected = (1 + rho) / (1 - rho);
    EXPECT_NEAR(sum / kRounds, expected, 0.12 * expected) << rho;
  }
}

TEST(EffectiveSizeTest, IsUnchangedByScaleShiftAndReversal) {
  Rng rng(3);
  const std::vector<double> values = tests::Autoregression(rng, 500, 0.5);
  const double time = EffectiveSizeOf(values).time;
  std::vector<double> changed;
  for (const double value : values) {
    changed.push_back(1e-200 * (value + 4));
  }
  EXPECT_NEAR(EffectiveSizeOf(changed).time, time, 1e-9);
  std::reverse(changed.begin(), changed.end());
  EXPECT_NEAR(EffectiveSizeOf(changed).time, time, 1e-9);
  for (double& value : changed) {
    value *= -1e300;
  }
  EXPECT_NEAR(EffectiveSizeOf(changed).time, time, 1e-9);
}

TEST(EffectiveSizeTest, ATrendIsWorthAlmostNothing) {
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) {
    values.push_back(i);
  }
  const EffectiveSize effective = EffectiveSizeOf(values);
  EXPECT_LT(effective.size, 10);
}

TEST(EffectiveSizeTest, FewEqualMissingOrExtremeValuesGiveAPlainAnswer) {
  EXPECT_EQ(EffectiveSizeOf({}).size, 0);
  EXPECT_EQ(EffectiveSizeOf(std::vector<double>{5}).size, 1);
  EXPECT_EQ(EffectiveSizeOf(std::vector<double>(100, 0.1)).size, 100);
  EXPECT_EQ(EffectiveSizeOf(std::vector<double>(100, kNaN)).size, 0);
  EXPECT_TRUE(Autocorrelations(std::vector<double>(100, 0.1), 5).empty());
  const std::vector<double> extreme = {1e308, -1e308, 1e308, -1e308, 1e308, kNaN};
  EXPECT_TRUE(std::isfinite(EffectiveSizeOf(extreme).size));
  EXPECT_TRUE(std::isfinite(BatchMeansSizeOf(extreme, 2).size));
  EXPECT_TRUE(BatchMeansSizeOf(std::vector<double>{1, 2, 3}, 2).bounded);
}

TEST(BatchMeansTest, AgreesRoughlyWithTheSequence) {
  Rng rng(11);
  const std::vector<double> values = tests::Autoregression(rng, 20'000, 0.6);
  EXPECT_NEAR(BatchMeansSizeOf(values, 100).time, 4, 1.5);
}

}  // namespace
}  // namespace weir::analysis
