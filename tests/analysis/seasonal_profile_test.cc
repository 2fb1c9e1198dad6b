#include "analysis/seasonal_profile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/tail_frequency.h"
#include "base/rng.h"

namespace weir::analysis {
namespace {

constexpr std::int64_t kPeriod = 48;  // Two values a bin.

TEST(SeasonalProfileTest, KnowsNothingAtFirst) {
  SeasonalProfile profile;
  const SeasonalProfile::Expectation expectation = profile.MoveTo(0, kPeriod);
  EXPECT_TRUE(std::isnan(expectation.cycle));
  EXPECT_TRUE(std::isnan(expectation.week));
}

TEST(SeasonalProfileTest, ExpectsTheMeanOfTheOtherCycles) {
  SeasonalProfile profile;
  for (std::int64_t cycle = 0; cycle < 3; ++cycle) {
    for (std::int64_t t = 0; t < kPeriod; ++t) {
      profile.MoveTo(cycle * kPeriod + t, kPeriod);
      profile.Learn(static_cast<double>(t / 2) + 10.0 * static_cast<double>(cycle));
    }
  }
  const SeasonalProfile::Expectation expectation = profile.MoveTo(3 * kPeriod + 8, kPeriod);
  EXPECT_FLOAT_EQ(static_cast<float>(expectation.cycle), 4 + 10);  // Mean of 4, 14 and 24.
  EXPECT_TRUE(std::isnan(expectation.week));
}

TEST(SeasonalProfileTest, AValueHasNoPartInItsOwnExpectation) {
  SeasonalProfile profile;
  profile.MoveTo(0, kPeriod);
  profile.Learn(1);
  profile.MoveTo(kPeriod, kPeriod);
  profile.Learn(100);
  EXPECT_DOUBLE_EQ(profile.MoveTo(kPeriod + 1, kPeriod).cycle, 1);
}

TEST(SeasonalProfileTest, MomentsBeforeTheOriginHaveTheirBins) {
  SeasonalProfile profile;
  profile.MoveTo(-3 * kPeriod, kPeriod);
  profile.Learn(7);
  EXPECT_DOUBLE_EQ(profile.MoveTo(-2 * kPeriod, kPeriod).cycle, 7);
}

// The same from whole histories: a bin is a weighted mean of its visits' means.
TEST(SeasonalProfileTest, AgreesWithTheMeansOfAllVisits) {
  Rng rng(3);
  SeasonalProfile profile;
  std::map<std::int64_t, std::vector<double>> visits;  // By bin of the week and week.
  for (std::int64_t t = 0; t < 7 * kPeriod * 5; ++t) {
    const std::int64_t bin = t / 2 % 168;
    const std::int64_t week = t / (7 * kPeriod);
    double expected = 0;
    for (std::int64_t w = 0; w < week; ++w) {
      const std::vector<double>& values = visits[bin * 100 + w];
      const double mean = (values[0] + values[1]) / 2;
      const double weight = std::max(0.3, 1.0 / static_cast<double>(w + 1));
      expected += (w == 0 ? 1 : weight) * (mean - expected);
    }
    const SeasonalProfile::Expectation expectation = profile.MoveTo(t, kPeriod);
    if (week == 0) {
      EXPECT_TRUE(std::isnan(expectation.week));
    } else {
      EXPECT_NEAR(expectation.week, expected, 1e-5) << t;
    }
    const double value = rng.Normal();
    profile.Learn(value);
    visits[bin * 100 + week].push_back(value);
  }
}

TEST(TailFrequencyTest, NothingCountedMeansNothingIsKnown) {
  EXPECT_EQ(TailFrequency().AtLeast(5), 1);
}

// 99 values at 0.5 and none above: one more beyond them is one of a hundred.
TEST(TailFrequencyTest, CountsWhatWasAtLeastSoFar) {
  TailFrequency frequency;
  for (int i = 0; i < 99; ++i) {
    frequency.Count(0.5);
  }
  EXPECT_DOUBLE_EQ(frequency.AtLeast(0.6), 0.01);
  EXPECT_DOUBLE_EQ(frequency.AtLeast(0.5), 1);
  EXPECT_DOUBLE_EQ(frequency.AtLeast(0), 1);
  EXPECT_DOUBLE_EQ(frequency.AtLeast(INFINITY), 0.01);
}

TEST(TailFrequencyTest, HalvingKeepsTheProportions) {
  TailFrequency frequency;
  for (int i = 0; i < 400'000; ++i) {
    frequency.Count(i % 4 == 0 ? 0.9 : 0.2);
  }
  EXPECT_NEAR(frequency.AtLeast(0.85), 0.25, 0.01);
}

// Conformal: of exchangeable extents a share a or less is given a or less; ties only help.
TEST(TailFrequencyTest, ProbabilitiesOfExchangeableExtentsAreUniform) {
  Rng rng(11);
  TailFrequency frequency;
  constexpr std::array<double, 4> kLevels = {0.3, 0.1, 0.03, 0.01};
  std::array<int, 4> at_most{};
  constexpr int kValues = 100'000;
  for (int i = 0; i < kValues; ++i) {
    const double extent = rng.Uniform();
    const double p = frequency.AtLeast(extent);
    for (std::size_t k = 0; k < kLevels.size(); ++k) {
      at_most[k] += p <= kLevels[k] ? 1 : 0;
    }
    frequency.Count(extent);
  }
  for (std::size_t k = 0; k < kLevels.size(); ++k) {
    const double expected = kLevels[k] * kValues;
    EXPECT_NEAR(at_most[k], expected, 4 * std::sqrt(expected)) << kLevels[k];
  }
}

}  // namespace
}  // namespace weir::analysis
