#include "analysis/run_statistics.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "analysis/distributions.h"
#include "base/rng.h"
#include "tests/analysis/gate_runs.h"

namespace weir::analysis {
namespace {

std::vector<std::uint64_t> SortedDraws(std::size_t count, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<std::uint64_t> values;
  for (std::size_t i = 0; i < count; ++i) {
    // Below 2,048 ns a histogram keeps every value as it is.
    values.push_back(1 + rng.Below(2'000));
  }
  std::sort(values.begin(), values.end());
  return values;
}

Histogram HistogramOf(const std::vector<std::uint64_t>& values) {
  Histogram histogram;
  for (const std::uint64_t value : values) {
    histogram.RecordNs(value, 1);
  }
  return histogram;
}

// Harrell and Davis's estimator as the definition has it, value by value.
double SmoothedByHand(const std::vector<std::uint64_t>& values, double q) {
  const auto n = static_cast<double>(values.size());
  const double width = std::min(n, 5 / std::min(q, 1 - q));
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto rank = static_cast<double>(i);
    const double weight = BetaCdf((rank + 1) / n, (width + 1) * q, (width + 1) * (1 - q)) -
                          BetaCdf(rank / n, (width + 1) * q, (width + 1) * (1 - q));
    sum += weight * std::log(static_cast<double>(values[i]));
  }
  return sum;
}

TEST(RunStatisticsTest, SmoothedQuantileIsTheWeightedMeanOfAllValues) {
  for (const std::size_t count : {1U, 2U, 7U, 300U, 5'000U}) {
    const auto values = SortedDraws(count, count);
    for (const double q : {0.1, 0.5, 0.9, 0.99}) {
      EXPECT_NEAR(*SmoothedLogQuantile(HistogramOf(values), q), SmoothedByHand(values, q), 1e-9)
          << count << " " << q;
    }
  }
}

// Ten values, p10 to p50: ranks 2 to 5 in full.
TEST(RunStatisticsTest, MeanBetweenQuantilesTakesTheRanksBetweenThem) {
  Histogram histogram;
  double sum = 0;
  for (std::uint64_t value = 1; value <= 10; ++value) {
    histogram.RecordNs(value * 100, 1);
    sum += value >= 2 && value <= 5 ? std::log(static_cast<double>(value * 100)) : 0;
  }
  EXPECT_NEAR(*MeanLogBetween(histogram, 0.1, 0.5), sum / 4, 1e-12);
}

TEST(RunStatisticsTest, ABucketThatAnEdgeCutsCountsByItsFraction) {
  Histogram histogram;
  histogram.RecordNs(100, 1);
  histogram.RecordNs(1'000, 1);
  const double expected = 0.75 * std::log(100.0) / 0.75;
  EXPECT_NEAR(*MeanLogBetween(histogram, 0.0, 0.5), expected, 1e-12);
  EXPECT_NEAR(*MeanLogBetween(histogram, 0.25, 0.75), (std::log(100.0) + std::log(1'000.0)) / 2,
              1e-12);
}

TEST(RunStatisticsTest, NothingComesFromNothing) {
  const Histogram empty;
  EXPECT_FALSE(SmoothedLogQuantile(empty, 0.5));
  EXPECT_FALSE(MeanLogBetween(empty, 0.05, 0.95));
  EXPECT_FALSE(MeanLogError(empty, 0.05, 0.95));
  EXPECT_FALSE(LogQuantileError(empty, 0.5));
}

// The spread of 300 estimates from fresh samples is what the error said, within a fifth.
TEST(RunStatisticsTest, ErrorsInsideARunAreThoseOfRepeatedSampling) {
  Rng rng(17);
  double error_sum = 0;
  double sum = 0;
  double square_sum = 0;
  constexpr int kTrials = 300;
  for (int trial = 0; trial < kTrials; ++trial) {
    Histogram histogram;
    for (int i = 0; i < 400; ++i) {
      histogram.RecordNs(static_cast<std::uint64_t>(1e6 * std::exp(0.5 * rng.Normal())), 1);
    }
    const double value = *MeanLogBetween(histogram, kBodyFrom, kBodyTo);
    sum += value;
    square_sum += value * value;
    error_sum += *MeanLogError(histogram, kBodyFrom, kBodyTo);
  }
  const double spread = std::sqrt(square_sum / kTrials - (sum / kTrials) * (sum / kTrials));
  EXPECT_NEAR(error_sum / kTrials / spread, 1, 0.2);
}

TEST(RunStatisticsTest, RatesDivideByTheMeasuredTime) {
  weir::Run run = EmptyRun(0);
  AddRequests(run, 1'000'000, 600);
  AddBroken(run, Outcome::kFailed, 60);
  const RunStatistics statistics = StatisticsOf(run);
  EXPECT_DOUBLE_EQ(*statistics.achieved_per_s, 10);
  EXPECT_DOUBLE_EQ(*statistics.planned_per_s, 11);
  EXPECT_DOUBLE_EQ(*statistics.error_ratio, 60.0 / 660);
}

TEST(RunStatisticsTest, FindsStepsByName) {
  const weir::Run run = EmptyRun(0);
  EXPECT_EQ(StepIndex(run, ""), -1);
  EXPECT_EQ(StepIndex(run, "get"), 0);
  EXPECT_FALSE(StepIndex(run, "post"));
}

}  // namespace
}  // namespace weir::analysis
