#include "analysis/forecast_calibration.h"

#include <cmath>
#include <cstdint>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::analysis {
namespace {

// What a forecaster says of an event that has this chance: with `sharpness` 1 the truth, above it
// chances further from a half than they are.
double Said(double chance, double sharpness) {
  const double odds = std::pow(chance / (1 - chance), sharpness);
  return odds / (1 + odds);
}

ForecastCalibration Simulate(std::uint64_t seed, int count, double sharpness) {
  Rng rng(seed);
  ForecastTally tally;
  for (int i = 0; i < count; ++i) {
    // Mostly far from a half, as forecasts of limits are.
    const double chance = 1 / (1 + std::exp(-2 * rng.Normal()));
    tally.Add({.stated = Said(chance, sharpness),
               .happened = rng.Uniform() < chance,
               .in_band80 = rng.Uniform() < 0.8});
  }
  return JudgeForecasts(tally);
}

int CountVerdicts(CalibrationVerdict verdict, int forecasts, double sharpness) {
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    found += Simulate(seed, forecasts, sharpness).verdict == verdict ? 1 : 0;
  }
  return found;
}

TEST(ForecastCalibrationTest, ForecastsThatAreRightAreSaidToBeSo) {
  for (const int forecasts : {30, 100, 400}) {
    const int as_stated = CountVerdicts(CalibrationVerdict::kAsStated, forecasts, 1);
    RecordProperty("as_stated_of_1000_at_" + std::to_string(forecasts), as_stated);
    EXPECT_GE(as_stated, 950) << forecasts;
  }
}

TEST(ForecastCalibrationTest, ForecastsThatClaimTooMuchAreOverconfident) {
  const int at_100 = CountVerdicts(CalibrationVerdict::kOverconfident, 100, 2.5);
  const int at_400 = CountVerdicts(CalibrationVerdict::kOverconfident, 400, 2.5);
  RecordProperty("overconfident_of_1000_at_100", at_100);
  RecordProperty("overconfident_of_1000_at_400", at_400);
  EXPECT_GE(at_100, 700);
  EXPECT_GE(at_400, 990);
}

TEST(ForecastCalibrationTest, ForecastsThatClaimTooLittleAreTooCautious) {
  EXPECT_GE(CountVerdicts(CalibrationVerdict::kTooCautious, 400, 0.4), 990);
}

// Forecasts that never come true beside many that are right all the time must not hide.
TEST(ForecastCalibrationTest, FewThatAreWrongAreNotHiddenByManyThatAreRight) {
  ForecastTally tally;
  for (int i = 0; i < 400; ++i) {
    tally.Add({.stated = 0.001, .happened = false, .in_band80 = true});
  }
  for (int i = 0; i < 6; ++i) {
    tally.Add({.stated = 0.9, .happened = i == 0, .in_band80 = {}});
  }
  const ForecastCalibration found = JudgeForecasts(tally);
  EXPECT_EQ(found.verdict, CalibrationVerdict::kOverconfident);
  EXPECT_EQ(found.right, 401U);
  EXPECT_EQ(found.bands, 400U);
  ASSERT_EQ(found.bins.size(), 2U);
  EXPECT_EQ(found.bins[1].low, 0.8);
  EXPECT_EQ(found.bins[1].happened, 1U);
  EXPECT_NEAR(found.bins[1].stated, 0.9, 1e-12);
  EXPECT_LT(found.bins[1].chance.high, 0.9);
}

TEST(ForecastCalibrationTest, TooFewSayNothing) {
  EXPECT_EQ(JudgeForecasts({}).verdict, CalibrationVerdict::kTooFew);
  EXPECT_FALSE(JudgeForecasts({}).right_ratio);
  EXPECT_EQ(Simulate(1, 29, 9).verdict, CalibrationVerdict::kTooFew);
  EXPECT_EQ(Simulate(1, 29, 9).due, 29U);
  EXPECT_NE(Simulate(1, 30, 1).verdict, CalibrationVerdict::kTooFew);
}

TEST(ForecastCalibrationTest, OldOnesAreLetGoOf) {
  ForecastTally tally;
  const auto add = [&tally](std::uint64_t count, bool happened) {
    for (std::uint64_t i = 0; i < count; ++i) {
      tally.Add({.stated = 0.97, .happened = happened, .in_band80 = {}});
    }
  };
  add(3 * ForecastTally::kGeneration, false);
  EXPECT_EQ(JudgeForecasts(tally).due, 2 * ForecastTally::kGeneration);
  add(2 * ForecastTally::kGeneration, true);
  EXPECT_EQ(JudgeForecasts(tally).right, JudgeForecasts(tally).due);
  EXPECT_EQ(tally.ever, 5 * ForecastTally::kGeneration);
}

TEST(ForecastCalibrationTest, EdgesBelongToABin) {
  ForecastTally tally;
  for (const double stated : {0.0, 0.05, 0.5, 1.0}) {
    tally.Add({.stated = stated, .happened = stated >= 0.5, .in_band80 = {}});
  }
  const ForecastCalibration found = JudgeForecasts(tally);
  EXPECT_EQ(found.right, 4U);
  ASSERT_EQ(found.bins.size(), 4U);
  EXPECT_EQ(found.bins[2].low, 0.5);
  EXPECT_EQ(found.bins[3].high, 1);
}

}  // namespace
}  // namespace weir::analysis
