#include "analysis/quantile_interval.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::analysis {
namespace {

// P(low <= number of values below the quantile < high), summed term by term.
double CoverageByHand(std::uint64_t n, double q, std::uint64_t low, std::uint64_t high) {
  double sum = 0;
  for (std::uint64_t k = low; k < high; ++k) {
    const auto kd = static_cast<double>(k);
    const auto nd = static_cast<double>(n);
    sum += std::exp(std::lgamma(nd + 1) - std::lgamma(kd + 1) - std::lgamma(nd - kd + 1) +
                    kd * std::log(q) + (nd - kd) * std::log1p(-q));
  }
  return sum;
}

LatencyView ViewOf(std::uint64_t values, std::uint64_t censored) {
  LatencyView view;
  for (std::uint64_t i = 1; i <= values; ++i) {
    view.histogram.RecordNs(i * 1000, 1);
  }
  view.censored = censored;
  return view;
}

// 0.5^5 > 0.025 >= 0.5^6: five values of a median can all lie on one side too easily.
TEST(QuantileIntervalTest, KnowsTheSmallestSampleForEachQuantile) {
  EXPECT_EQ(SamplesNeeded(0.5), 6U);
  EXPECT_EQ(SamplesNeeded(0.9), 36U);
  EXPECT_EQ(SamplesNeeded(0.95), 72U);
  EXPECT_EQ(SamplesNeeded(0.99), 368U);
  EXPECT_EQ(SamplesNeeded(0.999), 3'688U);
  EXPECT_EQ(SamplesNeeded(0.9999), 36'887U);
}

TEST(QuantileIntervalTest, HasNoIntervalBelowThatSampleAndOneAtIt) {
  for (const double q : {0.5, 0.9, 0.99, 0.999}) {
    EXPECT_FALSE(QuantileRanks(SamplesNeeded(q) - 1, q)) << q;
    EXPECT_TRUE(QuantileRanks(SamplesNeeded(q), q)) << q;
  }
}

TEST(QuantileIntervalTest, RanksCoverAsOftenAsTheySayAndNoNarrowerOnesDo) {
  for (const std::uint64_t n : {6U, 20U, 100U, 400U}) {
    for (const double q : {0.5, 0.9, 0.99}) {
      const auto ranks = QuantileRanks(n, q);
      if (!ranks) {
        continue;
      }
      EXPECT_NEAR(ranks->coverage, CoverageByHand(n, q, ranks->low, ranks->high), 1e-9);
      EXPECT_GE(ranks->coverage, kConfidence);
      const double tail = (1 - kConfidence) / 2;
      EXPECT_GT(CoverageByHand(n, q, 0, ranks->low + 1), tail) << n << " " << q;
      EXPECT_GT(CoverageByHand(n, q, ranks->high - 1, n + 1), tail) << n << " " << q;
    }
  }
}

TEST(QuantileIntervalTest, SortedValuesAndHistogramsAgree) {
  Histogram histogram;
  std::vector<double> sorted;
  for (int i = 1; i <= 500; ++i) {
    histogram.RecordNs(static_cast<std::uint64_t>(i), 1);
    sorted.push_back(i);
  }
  EXPECT_EQ(QuantileInterval(histogram, 0.9),
            QuantileInterval(std::span<const double>(sorted), 0.9));
}

// 2,000 intervals of nominal 95 %: fewer than 1,876 hits have a probability below 0.1 %.
TEST(QuantileIntervalTest, CoversTheTrueQuantileOfHeavyTails) {
  Rng rng(7);
  int covered = 0;
  std::vector<double> values(400);
  for (int trial = 0; trial < 2'000; ++trial) {
    for (double& value : values) {
      value = std::pow(rng.Uniform(), -1.0);  // Pareto with no mean; its p99 is 100.
    }
    std::sort(values.begin(), values.end());
    const auto interval = QuantileInterval(std::span<const double>(values), 0.99);
    ASSERT_TRUE(interval);
    covered += interval->low <= 100 && 100 <= interval->high ? 1 : 0;
  }
  EXPECT_GE(covered, 1'876);
}

TEST(QuantileIntervalTest, UnknownQuantileNamesTheSampleThatWouldDo) {
  const KnownQuantile known = QuantileOf(ViewOf(100, 0), 0.999);
  EXPECT_FALSE(known.value_ns);
  EXPECT_FALSE(known.interval);
  EXPECT_EQ(known.samples, 100U);
  EXPECT_EQ(known.samples_needed, 3'688U);
  EXPECT_NE(known.reason.find("3,688"), std::string::npos) << known.reason;
}

TEST(QuantileIntervalTest, CutOffRequestsWidenTheIntervalUpwards) {
  const KnownQuantile whole = QuantileOf(ViewOf(10'000, 0), 0.9);
  const KnownQuantile cut = QuantileOf(ViewOf(10'000, 300), 0.9);
  ASSERT_TRUE(whole.interval && cut.interval);
  EXPECT_EQ(*whole.value_ns, *cut.value_ns);
  EXPECT_EQ(whole.interval->low, cut.interval->low);
  EXPECT_GT(cut.interval->high, whole.interval->high);
  EXPECT_FALSE(whole.lower_bound);
  EXPECT_TRUE(cut.lower_bound);
}

TEST(QuantileIntervalTest, ManyCutOffRequestsLeaveNoUpperEnd) {
  const KnownQuantile known = QuantileOf(ViewOf(10'000, 2'000), 0.9);
  EXPECT_TRUE(known.value_ns);
  EXPECT_FALSE(known.interval);
  EXPECT_FALSE(known.reason.empty());
}

TEST(QuantileIntervalTest, NamesQuantilesAsPeopleDo) {
  EXPECT_EQ(QuantileName(0.5), "p50");
  EXPECT_EQ(QuantileName(0.999), "p99.9");
  EXPECT_EQ(QuantileName(0.99999), "p99.999");
}

}  // namespace
}  // namespace weir::analysis
