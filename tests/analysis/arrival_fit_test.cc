#include "analysis/arrival_fit.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/analysis/validity_runs.h"

namespace weir::analysis {
namespace {

// Share of null samples whose p is below `level`.
double FalseAlarms(const MadeRunOptions& base, double level, int samples) {
  int alarms = 0;
  for (int i = 0; i < samples; ++i) {
    MadeRunOptions options = base;
    options.seed = static_cast<std::uint64_t>(i + 1);
    Rng rng(options.seed * 31);
    const auto gaps = MakeGaps(options, 200, rng);
    alarms += FitArrivals(options.process, gaps, options.seed)->test.p < level ? 1 : 0;
  }
  return static_cast<double>(alarms) / samples;
}

// Exact when nothing is late; jitter far below the resolution (2 us of 200 us) changes nothing.
TEST(FitArrivalsTest, ItsPValuesAreCalibratedForBothProcesses) {
  constexpr int kSamples = 1500;
  for (const ArrivalProcess process : {ArrivalProcess::kUniform, ArrivalProcess::kPoisson}) {
    for (const double lag_ns : {0.0, 2e3}) {
      MadeRunOptions options;
      options.process = process;
      options.rate_per_s = 5000;
      options.lag_mean_ns = lag_ns;
      const double bound = 4 * std::sqrt(0.05 * 0.95 / kSamples);
      EXPECT_NEAR(FalseAlarms(options, 0.05, kSamples), 0.05, bound + 0.002)
          << static_cast<int>(process) << " " << lag_ns;
    }
  }
}

// The wake-ups of an ordinary kernel, 20 us late on average, are no misfit that counts.
TEST(FitArrivalsTest, OrdinaryJitterIsNear) {
  for (const ArrivalProcess process : {ArrivalProcess::kUniform, ArrivalProcess::kPoisson}) {
    for (const std::uint32_t rate : {10U, 1000U, 5000U, 100'000U}) {
      MadeRunOptions options;
      options.process = process;
      options.rate_per_s = rate;
      Rng rng(rate);
      const auto fit = FitArrivals(process, MakeGaps(options, 1024, rng), 1);
      EXPECT_LT(fit->test.distance(), 0.05) << rate;
    }
  }
}

// A timer of 10 ms at 1,000/s: ten arrivals at once, then a pause.
TEST(FitArrivalsTest, ClumpsAreFar) {
  std::vector<ArrivalGap> gaps;
  for (int i = 0; i < 1000; ++i) {
    gaps.push_back({Nanos(1'000'000), i % 10 == 0 ? Nanos(10'000'000) : Nanos(3'000), true});
  }
  const auto uniform = FitArrivals(ArrivalProcess::kUniform, gaps, 1);
  EXPECT_GT(uniform->test.distance(), 3);
  EXPECT_NEAR(uniform->variation, 3, 0.05);
  const auto poisson = FitArrivals(ArrivalProcess::kPoisson, gaps, 1);
  EXPECT_GT(poisson->test.distance(), 1);
  EXPECT_LT(poisson->test.p, 1e-9);
}

// Evenly spaced is not Poisson, and Poisson is not evenly spaced.
TEST(FitArrivalsTest, TellsTheProcessesApart) {
  MadeRunOptions options;
  Rng rng(3);
  const auto even = MakeGaps(options, 500, rng);
  options.process = ArrivalProcess::kPoisson;
  const auto random = MakeGaps(options, 500, rng);
  EXPECT_LT(FitArrivals(ArrivalProcess::kPoisson, even, 1)->test.p, 1e-6);
  EXPECT_LT(FitArrivals(ArrivalProcess::kUniform, random, 1)->test.p, 1e-6);
  EXPECT_NEAR(FitArrivals(ArrivalProcess::kPoisson, random, 1)->variation, 1, 0.2);
}

TEST(FitArrivalsTest, IsSilentWithoutAPlanOrWithoutGaps) {
  EXPECT_FALSE(FitArrivals(ArrivalProcess::kNone, {}, 1));
  EXPECT_FALSE(FitArrivals(ArrivalProcess::kUniform, {}, 1));
}

TEST(FitArrivalsTest, GapsFarBelowTheResolutionStayFinite) {
  const std::vector<ArrivalGap> gaps(100, {Nanos(10), Nanos(1'000'000'000), true});
  for (const ArrivalProcess process : {ArrivalProcess::kUniform, ArrivalProcess::kPoisson}) {
    const auto fit = FitArrivals(process, gaps, 1);
    ASSERT_TRUE(fit);
    EXPECT_TRUE(std::isfinite(fit->test.a2));
  }
}

}  // namespace
}  // namespace weir::analysis
