#include "analysis/usl.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::analysis {
namespace {

// Gunther, "Guerrilla Capacity Planning" (2007): SPEC SDM91 on a Sun, and a ray tracer on an SGI
// Origin 2000.
const std::vector<LoadPoint> kSdm91 = {{1, 64.9},     {18, 995.9},   {36, 1652.4}, {72, 1853.2},
                                       {108, 1828.9}, {144, 1775.0}, {216, 1702.2}};
const std::vector<LoadPoint> kRayTracer = {{1, 20},   {4, 78},   {8, 130},  {12, 170},
                                           {16, 190}, {20, 200}, {24, 210}, {28, 230},
                                           {32, 260}, {48, 280}, {64, 310}};

std::vector<LoadPoint> Simulated(const std::vector<double>& loads, double contention,
                                 double coherency, double noise, std::uint64_t seed) {
  Rng rng = Rng::ForPart(5, seed);
  std::vector<LoadPoint> points;
  for (const double n : loads) {
    const double x = 100 * n / (1 + contention * (n - 1) + coherency * n * (n - 1));
    points.push_back({.load = n, .throughput = x * (1 + noise * rng.Normal())});
  }
  return points;
}

const std::vector<double> kLoads = {1, 2, 4, 8, 16, 24, 32, 48, 64, 96};

// SciPy 1.10: curve_fit(lambda n, l, s, k: l*n / (1 + s*(n-1) + k*n*(n-1)), N, X,
//   p0=(X[0], .01, 1e-4), bounds=(0, inf), xtol=1e-14, ftol=1e-14, gtol=1e-14)
TEST(UslTest, AgreesWithSciPyOnSdm91) {
  const auto fit = FitUsl(kSdm91);
  ASSERT_TRUE(fit) << fit.error().message;
  EXPECT_NEAR(fit->rate.value, 89.99518315, 1e-3);
  EXPECT_NEAR(fit->contention.value, 0.02772841387, 1e-6);
  EXPECT_NEAR(fit->coherency.value, 0.0001043657722, 1e-9);
  EXPECT_EQ(fit->peak, UslPeak::kMeasured);
  EXPECT_NEAR(fit->peak_load->value, 96.5194, 1e-3);
  EXPECT_NEAR(fit->peak_throughput->value, 1883.8993, 1e-2);
  EXPECT_NEAR(fit->knee_load->value, 1883.8993 / 89.995183, 1e-3);
}

// The same with sigma=.02*X: weights by relative errors.
TEST(UslTest, AgreesWithSciPyWithWeights) {
  auto points = kSdm91;
  for (LoadPoint& point : points) {
    point.error = 0.02 * point.throughput;
  }
  const auto fit = FitUsl(points);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->rate.value, 67.70898387, 1e-3);
  EXPECT_NEAR(fit->contention.value, 0.01351516146, 1e-6);
  EXPECT_NEAR(fit->coherency.value, 0.0001150917344, 1e-9);
}

// Its least squares have no coherency at all (SciPy: 1e-31): nothing says where it peaks.
TEST(UslTest, TheRayTracerHasNoPeakAndThatIsSaid) {
  const auto fit = FitUsl(kRayTracer);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->rate.value, 21.848843, 1e-4);
  EXPECT_NEAR(fit->contention.value, 0.05777078131, 1e-6);
  EXPECT_NEAR(fit->coherency.value, 0, 1e-9);
  EXPECT_EQ(fit->peak, UslPeak::kNotIdentified);
  EXPECT_FALSE(fit->peak_load && fit->peak_load->high);
  ASSERT_FALSE(fit->warnings.empty());
  EXPECT_EQ(fit->warnings[0],
            "the data do not identify a peak: curves with and without one fit up to a load of 64; "
            "measure at higher loads, until throughput falls");
  EXPECT_NEAR(fit->peak_throughput->value, 378.19886, 1e-3);  // rate / contention
}

// Points of one load count as their mean, so that the fit is that of the means; what they differ by
// is noise, so that intervals narrow with their number.
TEST(UslTest, ManyPointsAreTakenTogetherWithoutLoss) {
  std::vector<double> loads;
  for (int i = 0; i < 200; ++i) {
    loads.insert(loads.end(), kLoads.begin(), kLoads.end());
  }
  const std::vector<LoadPoint> points = Simulated(loads, 0.05, 0.001, 0.05, 9);
  std::vector<LoadPoint> means;
  for (std::size_t load = 0; load < kLoads.size(); ++load) {
    means.push_back({.load = kLoads[load], .throughput = 0});
    for (std::size_t i = load; i < points.size(); i += kLoads.size()) {
      means.back().throughput += points[i].throughput / 200;
    }
  }
  const auto grouped = FitUsl(points);
  const auto of_means = FitUsl(means);
  ASSERT_TRUE(grouped && of_means);
  EXPECT_NEAR(grouped->rate.value, of_means->rate.value, 1e-4);
  EXPECT_NEAR(grouped->coherency.value, of_means->coherency.value, 1e-8);
  const auto few = FitUsl(std::span(points).first(200));
  ASSERT_TRUE(few);
  const double width = *grouped->contention.high - *grouped->contention.low;
  const double width_of_few = *few->contention.high - *few->contention.low;
  EXPECT_NEAR(width_of_few / width, std::sqrt(10), 0.8);
}

TEST(UslTest, AHundredThousandLoadsCostAboutASecond) {
  Rng rng(3);
  std::vector<double> loads;
  for (int i = 0; i < 100'000; ++i) {
    loads.push_back(1 + 95 * rng.Uniform());
  }
  const auto fit = FitUsl(Simulated(loads, 0.05, 0.001, 0.05, 9));
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->contention.value, 0.05, 0.003);
  EXPECT_NEAR(fit->coherency.value, 0.001, 1e-5);
}

TEST(UslTest, RecoversACurveWithoutNoise) {
  const auto fit = FitUsl(Simulated(kLoads, 0.05, 0.001, 0, 1));
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->rate.value, 100, 1e-6);
  EXPECT_NEAR(fit->contention.value, 0.05, 1e-9);
  EXPECT_NEAR(fit->coherency.value, 0.001, 1e-10);
  EXPECT_NEAR(fit->peak_load->value, std::sqrt(0.95 / 0.001), 1e-5);
  EXPECT_NEAR(fit->residual, 0, 1e-9);
}

TEST(UslTest, ScalesWithTheUnitOfThroughput) {
  auto points = kSdm91;
  for (LoadPoint& point : points) {
    point.throughput *= 1024;
  }
  const auto plain = FitUsl(kSdm91);
  const auto scaled = FitUsl(points);
  EXPECT_NEAR(scaled->rate.value / plain->rate.value, 1024, 1e-3);
  EXPECT_NEAR(scaled->contention.value, plain->contention.value, 1e-6);
  EXPECT_NEAR(*scaled->peak_load->high, *plain->peak_load->high, 0.01);
}

// 95 % intervals on simulated load tests with 3 % noise: binomial bounds for 150 of them.
TEST(UslTest, IntervalsHoldWhatTheySay) {
  const double peak = std::sqrt(0.95 / 0.001);
  int peaks = 0;
  int contentions = 0;
  int known = 0;
  constexpr int kTrials = 150;
  for (std::uint64_t seed = 0; seed < kTrials; ++seed) {
    const auto fit = FitUsl(Simulated(kLoads, 0.05, 0.001, 0.03, seed));
    ASSERT_TRUE(fit);
    known += fit->peak == UslPeak::kMeasured ? 1 : 0;
    peaks += fit->peak_load && fit->peak_load->low.value_or(0) <= peak &&
                     peak <= fit->peak_load->high.value_or(1e9)
                 ? 1
                 : 0;
    contentions +=
        fit->contention.low.value_or(0) <= 0.05 && 0.05 <= fit->contention.high.value_or(1) ? 1 : 0;
  }
  EXPECT_GE(peaks, 0.95 * kTrials - 3.1 * std::sqrt(0.95 * 0.05 * kTrials));
  EXPECT_GE(contentions, 0.90 * kTrials - 3.1 * std::sqrt(0.90 * 0.10 * kTrials));
  EXPECT_GE(known, 0.95 * kTrials);
}

// Without coherency there is no peak; to claim one inside the measured loads is an error.
TEST(UslTest, ACurveWithoutAPeakSeldomGetsOne) {
  int claimed = 0;
  constexpr int kTrials = 150;
  for (std::uint64_t seed = 0; seed < kTrials; ++seed) {
    const auto fit = FitUsl(Simulated(kLoads, 0.05, 0, 0.03, seed));
    ASSERT_TRUE(fit);
    claimed += fit->peak == UslPeak::kNotIdentified ? 0 : 1;
  }
  EXPECT_LE(claimed, 0.05 * kTrials + 3.1 * std::sqrt(0.05 * 0.95 * kTrials));
}

TEST(UslTest, LoadsBelowTheKneeDoNotIdentifyAPeak) {
  const auto fit = FitUsl(Simulated({1, 2, 3, 4, 5, 6}, 0.02, 0.0005, 0.03, 3));
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->peak, UslPeak::kNotIdentified);
}

TEST(UslTest, WhatCannotBeFittedIsRefused) {
  EXPECT_EQ(FitUsl(std::vector<LoadPoint>{{1, 1}, {2, 2}, {2, 2.1}, {3, 3}}).error().message,
            "cannot fit scalability to 3 different loads; three coefficients and an error need 4");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(FitUsl(std::vector<LoadPoint>{{1, 1}, {2, nan}, {3, 3}, {4, 4}}));
  EXPECT_FALSE(FitUsl(std::vector<LoadPoint>{{0, 1}, {2, 2}, {3, 3}, {4, 4}}));
  EXPECT_FALSE(FitUsl(std::vector<LoadPoint>{}));
}

TEST(UslTest, HugeAndTinyThroughputsAreFitted) {
  for (const double scale : {1e-250, 1e250}) {
    auto points = kSdm91;
    for (LoadPoint& point : points) {
      point.throughput *= scale;
    }
    const auto fit = FitUsl(points);
    ASSERT_TRUE(fit);
    EXPECT_NEAR(fit->contention.value, 0.0277284, 1e-4) << scale;
  }
  const std::vector<LoadPoint> flat = {{1, 1e308}, {2, 1e308}, {9, 1e308}, {20, 1e308}};
  const auto fit = FitUsl(flat);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->residual, 0, 1e-6);
}

}  // namespace
}  // namespace weir::analysis
