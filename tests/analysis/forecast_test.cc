#include "analysis/forecast.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/distributions.h"
#include "tests/analysis/forecast_series.h"

namespace weir::analysis {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

void ExpectSound(const Forecast& forecast, std::size_t horizon) {
  ASSERT_EQ(forecast.mean.size(), horizon);
  ASSERT_EQ(forecast.band95.high.size(), horizon);
  for (std::size_t h = 0; h < horizon; ++h) {
    for (const double value : {forecast.mean[h], forecast.band80.low[h], forecast.band80.high[h],
                               forecast.band95.low[h], forecast.band95.high[h]}) {
      ASSERT_TRUE(std::isfinite(value)) << "step " << h + 1;
    }
    EXPECT_LE(forecast.band95.low[h], forecast.band80.low[h]);
    EXPECT_LE(forecast.band80.low[h], forecast.mean[h]);
    EXPECT_LE(forecast.mean[h], forecast.band80.high[h]);
    EXPECT_LE(forecast.band80.high[h], forecast.band95.high[h]);
  }
}

Forecast Made(const std::vector<double>& values, const ForecastOptions& options) {
  auto forecast = MakeForecast(values, options);
  EXPECT_TRUE(forecast) << forecast.error().message;
  return forecast.value_or(Forecast{});
}

double MeanError(const Forecast& forecast, const std::vector<double>& all, std::size_t known) {
  double sum = 0;
  for (std::size_t h = 0; h < forecast.mean.size(); ++h) {
    sum += std::abs(forecast.mean[h] - all[known + h]);
  }
  return sum / static_cast<double>(forecast.mean.size());
}

bool Warns(const Forecast& forecast, const std::string& part) {
  return std::any_of(forecast.warnings.begin(), forecast.warnings.end(),
                     [&](const std::string& text) { return text.find(part) != std::string::npos; });
}

TEST(ForecastTest, ContinuesDayAndWeek) {
  Rng rng(1);
  const auto all = TwoSeasons(rng, 948, 168);
  const Forecast forecast =
      Made({all.begin(), all.begin() + 900}, {.horizon = 48, .seasons = {24}});
  ASSERT_EQ(forecast.seasons.size(), 2U);
  EXPECT_EQ(forecast.seasons[1].steps, 168);
  // The noise alone has a mean size of 0.8.
  EXPECT_LT(MeanError(forecast, all, 900), 1.1);
}

TEST(ForecastTest, WeightsAddUpAndTheHeaviestComesFirst) {
  Rng rng(2);
  const Forecast forecast = Made(Autocorrelated(rng, 200), {.horizon = 5});
  double sum = 0;
  for (const ForecastModel& model : forecast.models) {
    sum += model.weight;
    EXPECT_LE(model.weight, forecast.models.front().weight);
  }
  EXPECT_NEAR(sum, 1, 1e-12);
}

TEST(ForecastTest, TheSameInputGivesTheSameOutput) {
  Rng rng(3);
  const auto values = LiveMetric(rng, 400, 48);
  const ForecastOptions options{.horizon = 10, .seasons = {48}, .limit = 200};
  const Forecast a = Made(values, options);
  const Forecast b = Made(values, options);
  EXPECT_EQ(a.mean, b.mean);
  EXPECT_EQ(a.band95.high, b.band95.high);
  EXPECT_EQ(a.crossing->probability, b.crossing->probability);
}

TEST(ForecastTest, APowerOfTwoGoesThroughExactly) {
  Rng rng(4);
  const auto values = LiveMetric(rng, 300, 24);
  std::vector<double> scaled = values;
  for (double& value : scaled) {
    value = std::ldexp(value, 700);
  }
  const Forecast plain = Made(values, {.horizon = 12});
  const Forecast large = Made(scaled, {.horizon = 12});
  for (std::size_t h = 0; h < 12; ++h) {
    EXPECT_EQ(std::ldexp(plain.mean[h], 700), large.mean[h]);
    EXPECT_EQ(std::ldexp(plain.band95.high[h], 700), large.band95.high[h]);
  }
}

// Series with values on both sides of 0 are seen by no logarithm and no floor.
TEST(ForecastTest, AShiftGoesThroughWhereNoLogarithmIsTaken) {
  Rng rng(5);
  auto values = Autocorrelated(rng, 150);
  for (double& value : values) {
    value -= 20;
  }
  auto shifted = values;
  for (double& value : shifted) {
    value -= 1;
  }
  const Forecast a = Made(values, {.horizon = 6});
  const Forecast b = Made(shifted, {.horizon = 6});
  for (std::size_t h = 0; h < 6; ++h) {
    EXPECT_NEAR(a.mean[h] - 1, b.mean[h], 0.02);
  }
}

TEST(ForecastTest, AnIncidentOfThePastDoesNotMoveTheForecast) {
  Rng rng(6);
  const auto clean = LiveMetric(rng, 724, 48);
  auto values = clean;
  for (const std::size_t t : {300U, 301U, 302U, 511U, 650U}) {
    values[t] = 5000;
  }
  const Forecast with =
      Made({values.begin(), values.begin() + 700}, {.horizon = 24, .seasons = {48}});
  const Forecast without =
      Made({clean.begin(), clean.begin() + 700}, {.horizon = 24, .seasons = {48}});
  EXPECT_TRUE(Warns(with, "outlier"));
  EXPECT_LT(MeanError(with, clean, 700), 1.15 * MeanError(without, clean, 700));
}

TEST(ForecastTest, GapsAreFilledAndSaid) {
  Rng rng(7);
  auto values = LiveMetric(rng, 400, 48);
  for (std::size_t t = 100; t < 400; t += 9) {
    values[t] = kNan;
  }
  const Forecast forecast = Made(values, {.horizon = 12, .seasons = {48}});
  ExpectSound(forecast, 12);
  EXPECT_TRUE(Warns(forecast, "34 of 400 values are missing"));
}

TEST(ForecastTest, AConstantSeriesStaysAndSaysSo) {
  const Forecast forecast = Made(std::vector<double>(60, 42.0), {.horizon = 5});
  ExpectSound(forecast, 5);
  EXPECT_NEAR(forecast.mean[4], 42, 1e-9);
  EXPECT_TRUE(Warns(forecast, "no width"));
}

TEST(ForecastTest, WhatWasNeverNegativeIsNotForetoldToBe) {
  Rng rng(8);
  const Forecast forecast = Made(Counts(rng, 80), {.horizon = 20});
  ExpectSound(forecast, 20);
  EXPECT_GE(*std::min_element(forecast.band95.low.begin(), forecast.band95.low.end()), 0);
}

TEST(ForecastTest, StrangeSeriesGiveFiniteForecasts) {
  Rng rng(9);
  const double huge = std::numeric_limits<double>::max();
  const double tiny = std::numeric_limits<double>::denorm_min();
  std::vector<std::vector<double>> strange = {{1, 2, 3, 4},
                                              {0, 0, 0, 0},
                                              {huge, -huge, huge, -huge, huge},
                                              {tiny, 0, tiny, tiny * 3, 0},
                                              {kNan, 1, kNan, 1, kNan, 2, 5, kNan},
                                              {-5, -4, -3, -9, -1, -2, -8}};
  std::vector<double> growing;
  std::vector<double> spike(100, 0.0);
  std::vector<double> mixed;
  for (int t = 0; t < 120; ++t) {
    growing.push_back(std::exp(t * 5.0));
    mixed.push_back(rng.Normal() * std::pow(10, 300 * rng.Uniform()));
  }
  spike[70] = 1e300;
  strange.insert(strange.end(), {growing, spike, mixed});
  for (const auto& values : strange) {
    for (const std::size_t horizon : {1U, 7U, 200U}) {
      const auto forecast = MakeForecast(values, {.horizon = horizon, .limit = 10.0});
      ASSERT_TRUE(forecast) << forecast.error().message;
      ExpectSound(*forecast, horizon);
    }
  }
}

TEST(ForecastTest, EveryLengthFromTheShortestOnWorks) {
  Rng rng(10);
  const auto values = LiveMetric(rng, 150, 12);
  for (std::size_t n = kForecastValuesMin; n <= values.size(); ++n) {
    const Forecast forecast =
        Made({values.begin(), values.begin() + static_cast<std::ptrdiff_t>(n)}, {.horizon = 13});
    ExpectSound(forecast, 13);
  }
}

TEST(ForecastTest, ADeclaredSeasonThatDoesNotFitIsLeftOutAndSaid) {
  Rng rng(11);
  const Forecast forecast = Made(WhiteNoise(rng, 30), {.horizon = 3, .seasons = {24}});
  EXPECT_TRUE(forecast.seasons.empty());
  EXPECT_TRUE(Warns(forecast, "do not hold two"));
}

TEST(ForecastTest, BandsBeyondWhatCouldBeCheckedAreMarked) {
  Rng rng(12);
  const Forecast forecast = Made(RandomWalk(rng, 30), {.horizon = 30});
  EXPECT_EQ(forecast.checked, 10U);
  EXPECT_TRUE(Warns(forecast, "10 of 30 steps"));
}

// On random walks the probability that a limit is crossed within the horizon must be the share of
// walks that do cross it.
TEST(ForecastTest, CrossingProbabilitiesAreTheShareOfWalksThatCross) {
  double foretold = 0;
  double crossed = 0;
  constexpr int kWalks = 150;
  for (int i = 0; i < kWalks; ++i) {
    Rng rng = Rng::ForPart(13, static_cast<std::uint64_t>(i));
    const auto all = RandomWalk(rng, 220);
    const double limit = all[199] + 4;
    const Forecast forecast =
        Made({all.begin(), all.begin() + 200}, {.horizon = 20, .limit = limit});
    foretold += forecast.crossing->probability.back();
    crossed += *std::max_element(all.begin() + 200, all.end()) >= limit ? 1 : 0;
  }
  // 2 * P(Z > (4 + 0.58) / sqrt(20)) = 0.31; the standard error of the share is 0.038.
  EXPECT_NEAR(foretold / kWalks, 0.31, 0.08);
  EXPECT_NEAR(crossed / kWalks, 0.31, 3.1 * 0.038);
}

TEST(ForecastTest, OptionsOutOfRangeAreRefused) {
  const std::vector<double> values(20, 1.0);
  const auto message = [&](const ForecastOptions& options) {
    const auto forecast = MakeForecast(values, options);
    return forecast ? "" : forecast.error().message;
  };
  EXPECT_EQ(message({.horizon = 0}), "cannot forecast 0 steps; the horizon is 1 to 10000 steps");
  EXPECT_EQ(message({.horizon = 1, .seasons = {1}}),
            "cannot use a season of 1 steps; it has 2 to 8192 steps");
  EXPECT_EQ(message({.horizon = 1, .seasons = {24, 7}}),
            "the second season must be longer than the first one");
  EXPECT_EQ(message({.horizon = 1, .limit = kNan}), "the limit must be a finite number");
  EXPECT_EQ(MakeForecast(std::vector<double>{1, kNan, 2}, {}).error().message,
            "cannot forecast from 2 values; it takes at least 4");
}

}  // namespace
}  // namespace weir::analysis
