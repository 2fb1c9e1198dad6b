#include "base/histogram.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr int kSeeds = 40;

// The layout as the paper tells it: in each octave values are told apart in steps of 2^k, where k
// is the smallest number for which the value needs no more than 2048 of them.
Histogram::Bucket SlowBucket(std::uint64_t ns) {
  std::uint64_t step = 1;
  while (ns / step >= Histogram::kSubBucketCount) {
    step *= 2;
  }
  return {ns / step * step, ns / step * step + step - 1, 1};
}

// Latencies as they come: log-uniform over the whole range, with ties and zeros.
std::uint64_t RandomNs(Rng& rng) {
  if (rng.Below(10) == 0) {
    return rng.Below(5);
  }
  return static_cast<std::uint64_t>(std::exp(rng.Uniform() * std::log(3.6e12)));
}

std::vector<std::uint64_t> RandomValues(std::uint64_t seed, std::size_t size) {
  Rng rng(seed);
  std::vector<std::uint64_t> values(size);
  std::generate(values.begin(), values.end(), [&rng] { return RandomNs(rng); });
  return values;
}

Histogram Of(const std::vector<std::uint64_t>& values) {
  Histogram histogram;
  for (const std::uint64_t ns : values) {
    histogram.RecordNs(ns, 1);
  }
  return histogram;
}

std::vector<Histogram::Bucket> BucketsOf(const Histogram& histogram) {
  std::vector<Histogram::Bucket> buckets;
  histogram.ForEachBucket([&](const Histogram::Bucket& bucket) { buckets.push_back(bucket); });
  return buckets;
}

TEST(HistogramLayoutTest, BucketsTileTheRangeWithoutGapOrOverlap) {
  EXPECT_EQ(Histogram::LowestOf(0), 0U);
  for (std::uint32_t i = 0; i + 1 < Histogram::kCountsLength; ++i) {
    ASSERT_LE(Histogram::LowestOf(i), Histogram::HighestOf(i)) << i;
    ASSERT_EQ(Histogram::HighestOf(i) + 1, Histogram::LowestOf(i + 1)) << i;
  }
  EXPECT_GE(Histogram::HighestOf(Histogram::kCountsLength - 1), Histogram::kHighestNs);
}

TEST(HistogramLayoutTest, IndexAgreesAtBothEndsOfEveryBucket) {
  for (std::uint32_t i = 0; i < Histogram::kCountsLength; ++i) {
    ASSERT_EQ(Histogram::IndexOf(Histogram::LowestOf(i)), i);
    ASSERT_EQ(Histogram::IndexOf(Histogram::HighestOf(i)), i);
  }
}

TEST(HistogramLayoutTest, BucketsAreThoseOfTheSlowReference) {
  for (std::uint32_t i = 0; i < Histogram::kCountsLength; ++i) {
    const Histogram::Bucket slow = SlowBucket(Histogram::LowestOf(i));
    ASSERT_EQ(Histogram::LowestOf(i), slow.lowest_ns);
    ASSERT_EQ(Histogram::HighestOf(i), slow.highest_ns);
  }
}

TEST(HistogramLayoutTest, PowersOfTwoAndTheirNeighboursFallWhereTheReferenceSays) {
  for (int bit = 0; bit < 42; ++bit) {
    for (const std::uint64_t ns : {(1UL << bit) - 1, 1UL << bit, (1UL << bit) + 1}) {
      EXPECT_EQ(Histogram::LowestOf(Histogram::IndexOf(ns)), SlowBucket(ns).lowest_ns) << ns;
      EXPECT_EQ(Histogram::HighestOf(Histogram::IndexOf(ns)), SlowBucket(ns).highest_ns) << ns;
    }
  }
}

TEST(HistogramLayoutTest, EveryBucketKeepsThreeSignificantDigits) {
  for (std::uint32_t i = 1; i < Histogram::kCountsLength; ++i) {
    const auto lowest = static_cast<double>(Histogram::LowestOf(i));
    const auto width = static_cast<double>(Histogram::HighestOf(i)) - lowest;
    ASSERT_LT(width / lowest, 1e-3) << i;
  }
}

TEST(HistogramLayoutTest, HighestValueHasABucket) {
  EXPECT_LT(Histogram::IndexOf(Histogram::kHighestNs), Histogram::kCountsLength);
}

TEST(HistogramTest, StartsEmpty) {
  const Histogram histogram;
  EXPECT_TRUE(histogram.empty());
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.sum_ns(), 0);
  EXPECT_EQ(histogram.CountAtOrBelowNs(Histogram::kHighestNs), 0U);
  EXPECT_TRUE(BucketsOf(histogram).empty());
}

TEST(HistogramTest, KeepsCountSumAndExtremesExactly) {
  Histogram histogram;
  histogram.Record(1234567ns);
  histogram.Record(7654321ns);
  histogram.RecordNs(5'000'001, 3);
  EXPECT_EQ(histogram.count(), 5U);
  EXPECT_EQ(histogram.min_ns(), 1234567U);
  EXPECT_EQ(histogram.max_ns(), 7654321U);
  EXPECT_EQ(histogram.sum_ns(), 1234567 + 7654321 + 3 * 5000001.0);
  EXPECT_EQ(histogram.mean_ns(), histogram.sum_ns() / 5);
}

TEST(HistogramTest, ZeroIsAValueOfItsOwn) {
  Histogram histogram;
  histogram.Record(0ns);
  histogram.Record(1ns);
  EXPECT_EQ(histogram.CountAtOrBelowNs(0), 1U);
  EXPECT_EQ(histogram.min_ns(), 0U);
}

TEST(HistogramTest, NegativeSpanCountsAsZero) {
  Histogram histogram;
  histogram.Record(-5ns);
  histogram.Record(Nanos::min());
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_EQ(histogram.max_ns(), 0U);
}

TEST(HistogramTest, RecordingNoneOfAValueChangesNothing) {
  Histogram histogram;
  histogram.RecordNs(5, 0);
  EXPECT_TRUE(histogram.empty());
  histogram.RecordNs(100, 1);
  histogram.RecordNs(5, 0);
  histogram.RecordNs(Histogram::kHighestNs + 1, 0);
  EXPECT_EQ(histogram.min_ns(), 100U);
  EXPECT_EQ(histogram.max_ns(), 100U);
  EXPECT_EQ(histogram.saturated_count(), 0U);
}

TEST(HistogramTest, ValuesAboveOneHourAreRecordedAsOneHourAndCounted) {
  Histogram histogram;
  histogram.Record(1h);
  EXPECT_EQ(histogram.saturated_count(), 0U);
  histogram.Record(1h + 1ns);
  histogram.RecordNs(~std::uint64_t{0}, 2);
  EXPECT_EQ(histogram.saturated_count(), 3U);
  EXPECT_EQ(histogram.count(), 4U);
  EXPECT_EQ(histogram.max_ns(), Histogram::kHighestNs);
  EXPECT_EQ(histogram.sum_ns(), 4 * 3.6e12);
}

TEST(HistogramTest, BucketCountsAreThoseOfTheValues) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    std::vector<std::uint64_t> values = RandomValues(static_cast<std::uint64_t>(seed), 300);
    const Histogram histogram = Of(values);
    std::sort(values.begin(), values.end());
    std::size_t seen = 0;
    for (const Histogram::Bucket& bucket : BucketsOf(histogram)) {
      ASSERT_GT(bucket.count, 0U);
      for (std::uint64_t i = 0; i < bucket.count; ++i, ++seen) {
        ASSERT_GE(values.at(seen), bucket.lowest_ns) << "seed " << seed;
        ASSERT_LE(values.at(seen), bucket.highest_ns) << "seed " << seed;
      }
    }
    ASSERT_EQ(seen, values.size()) << "seed " << seed;
  }
}

TEST(HistogramTest, ValueAtRankIsTheBucketTopOfTheSortedValue) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    std::vector<std::uint64_t> values = RandomValues(static_cast<std::uint64_t>(seed), 257);
    const Histogram histogram = Of(values);
    std::sort(values.begin(), values.end());
    ASSERT_EQ(histogram.ValueAtRankNs(1), values.front());
    for (std::size_t i = 1; i < values.size(); ++i) {
      const std::uint64_t top = std::min(SlowBucket(values[i]).highest_ns, values.back());
      ASSERT_EQ(histogram.ValueAtRankNs(i + 1), top) << "seed " << seed << " rank " << i + 1;
    }
  }
}

// The 7 % quantile of 100 values is the 7th, though 0.07 * 100 > 7 in doubles.
TEST(HistogramTest, QuantileMeansTheDecimalFraction) {
  for (std::uint64_t size = 1; size <= 2000; size += size < 200 ? 1 : 97) {
    Histogram histogram;
    for (std::uint64_t value = 1; value <= size; ++value) {
      histogram.RecordNs(value, 1);
    }
    for (std::uint64_t thousandths = 0; thousandths <= 1000; ++thousandths) {
      const std::uint64_t rank = std::max<std::uint64_t>((thousandths * size + 999) / 1000, 1);
      const double q = static_cast<double>(thousandths) / 1000;
      ASSERT_EQ(histogram.QuantileNs(q), rank) << thousandths << " of " << size;
    }
  }
}

TEST(HistogramTest, QuantilesOfRandomValuesAreWithinATenthOfAPercent) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    std::vector<std::uint64_t> values = RandomValues(static_cast<std::uint64_t>(seed), 1000);
    const Histogram histogram = Of(values);
    std::sort(values.begin(), values.end());
    for (const std::size_t rank : {1U, 2U, 500U, 900U, 950U, 990U, 999U, 1000U}) {
      const auto exact = static_cast<double>(values[rank - 1]);
      const double q = static_cast<double>(rank) / 1000;
      ASSERT_NEAR(static_cast<double>(histogram.QuantileNs(q)), exact, exact * 1e-3) << seed;
    }
    ASSERT_EQ(histogram.QuantileNs(0), values.front());
    ASSERT_EQ(histogram.QuantileNs(1), values.back());
  }
}

TEST(HistogramTest, SingleValueIsEveryQuantile) {
  Histogram histogram;
  histogram.Record(123456789ns);
  for (const double q : {0.0, 1e-300, 0.5, 0.999, 1.0}) {
    EXPECT_EQ(histogram.QuantileNs(q), 123456789U);
  }
}

TEST(HistogramTest, QuantileOfHugeCountsNeedsNoMoreThanTheCount) {
  Histogram histogram;
  histogram.RecordNs(10, (std::uint64_t{1} << 62));
  histogram.RecordNs(20, (std::uint64_t{1} << 62) - 1);
  EXPECT_EQ(histogram.QuantileNs(0.25), 10U);
  EXPECT_EQ(histogram.QuantileNs(0.75), 20U);
  EXPECT_EQ(histogram.QuantileNs(1), 20U);
}

TEST(HistogramTest, CountAtOrBelowCountsWholeBuckets) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    const std::vector<std::uint64_t> values = RandomValues(static_cast<std::uint64_t>(seed), 200);
    const Histogram histogram = Of(values);
    for (const std::uint64_t ns : RandomValues(static_cast<std::uint64_t>(seed) + 1000, 50)) {
      const std::uint64_t top = SlowBucket(ns).highest_ns;
      const auto expected = std::count_if(values.begin(), values.end(),
                                          [top](std::uint64_t value) { return value <= top; });
      ASSERT_EQ(histogram.CountAtOrBelowNs(ns), static_cast<std::uint64_t>(expected)) << ns;
    }
    ASSERT_EQ(histogram.CountAtOrBelowNs(~std::uint64_t{0}), values.size());
  }
}

TEST(HistogramTest, MergeIsTheHistogramOfAllValues) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    const std::size_t size = 7 * static_cast<std::size_t>(seed);
    const std::vector<std::uint64_t> all =
        RandomValues(static_cast<std::uint64_t>(seed), 100 + size);
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(size);
    Histogram merged = Of({all.begin(), middle});
    merged.Merge(Of({middle, all.end()}));
    const Histogram whole = Of(all);
    ASSERT_EQ(merged, whole);
    ASSERT_EQ(merged.sum_ns(), whole.sum_ns());
    ASSERT_EQ(merged.min_ns(), whole.min_ns());
    ASSERT_EQ(merged.max_ns(), whole.max_ns());
  }
}

TEST(HistogramTest, MergeDoesNotDependOnTheOrder) {
  std::vector<Histogram> parts;
  for (std::uint64_t seed = 0; seed < 9; ++seed) {
    parts.push_back(Of(RandomValues(seed, 50)));
    parts.back().RecordNs(3'599'999'999'999, (std::uint64_t{1} << 40) + seed);
  }
  Histogram forward;
  Histogram backward;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    forward.Merge(parts[i]);
    backward.Merge(parts[parts.size() - 1 - i]);
  }
  EXPECT_EQ(forward, backward);
  EXPECT_EQ(forward.sum_ns(), backward.sum_ns());  // Bit for bit, though far above 2^53.
}

TEST(HistogramTest, MergeWithEmptyAndWithItself) {
  Histogram histogram = Of({5, 70'000, 5});
  const Histogram before = histogram;
  histogram.Merge(Histogram());
  EXPECT_EQ(histogram, before);
  histogram.Merge(histogram);
  EXPECT_EQ(histogram, Of({5, 5, 5, 5, 70'000, 70'000}));
  EXPECT_EQ(histogram.sum_ns(), 2 * before.sum_ns());
}

TEST(HistogramTest, MergeAddsSaturatedCounts) {
  Histogram histogram = Of({Histogram::kHighestNs + 1});
  histogram.Merge(Of({Histogram::kHighestNs + 2, 1}));
  EXPECT_EQ(histogram.saturated_count(), 2U);
}

TEST(HistogramTest, ClearLeavesNothingBehind) {
  Histogram histogram = Of(RandomValues(1, 500));
  histogram.RecordNs(Histogram::kHighestNs + 1, 1);
  histogram.Clear();
  EXPECT_EQ(histogram, Histogram());
  EXPECT_EQ(histogram.saturated_count(), 0U);
  EXPECT_EQ(histogram.sum_ns(), 0);
  for (const std::uint64_t count : histogram.counts()) {
    ASSERT_EQ(count, 0U);
  }
  histogram.RecordNs(42, 1);
  EXPECT_EQ(histogram, Of({42}));
  EXPECT_EQ(histogram.min_ns(), 42U);
}

TEST(HistogramTest, RestoreExactTakesWhatFitsTheBuckets) {
  Histogram histogram = Of({1'000'000, 2'000'000});
  histogram.RestoreExact(1'000'100, 1'999'999, 3'000'099);
  EXPECT_EQ(histogram.min_ns(), 1'000'100U);
  EXPECT_EQ(histogram.max_ns(), 1'999'999U);
  EXPECT_EQ(histogram.sum_ns(), 3'000'099);
}

TEST(HistogramTest, RestoreExactRefusesExtremesOfOtherBuckets) {
  Histogram histogram = Of({1'000'000, 2'000'000});
  histogram.RestoreExact(900'000, 2'000'000, 3e6);
  histogram.RestoreExact(1'000'000, 3'000'000, 3e6);
  histogram.RestoreExact(2'000'000, 1'000'000, 3e6);
  histogram.RestoreExact(1'000'000, ~std::uint64_t{0}, 3e6);
  EXPECT_EQ(histogram.min_ns(), 1'000'000U);
  EXPECT_EQ(histogram.max_ns(), 2'000'000U);
}

TEST(HistogramTest, RestoreExactRefusesSumsThatCannotBe) {
  Histogram histogram = Of({1'000'000, 2'000'000});
  for (const double sum : {-1.0, 0.0, 2.9e6, 3.1e6, 1e300, HUGE_VAL, std::nan("")}) {
    histogram.RestoreExact(1'000'000, 2'000'000, sum);
    EXPECT_EQ(histogram.sum_ns(), 3e6) << sum;
  }
}

TEST(HistogramTest, RestoreExactOnOneValueOrNoneCannotContradict) {
  Histogram one = Of({1'000'000});
  one.RestoreExact(1'000'001, 1'000'100, 1'000'050);
  EXPECT_EQ(one.min_ns(), one.max_ns());
  EXPECT_EQ(one.sum_ns(), 1e6);
  Histogram none;
  none.RestoreExact(1, 2, 3);
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.sum_ns(), 0);
}

TEST(HistogramTest, RestoreExactPutsBackWhatRecordingKnew) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    const Histogram exact = Of(RandomValues(static_cast<std::uint64_t>(seed), 100));
    Histogram coarse;
    exact.ForEachBucket([&coarse](const Histogram::Bucket& bucket) {
      coarse.RecordNs(std::min((bucket.lowest_ns + bucket.highest_ns) / 2, Histogram::kHighestNs),
                      bucket.count);
    });
    coarse.RestoreExact(exact.min_ns(), exact.max_ns(), exact.sum_ns());
    ASSERT_EQ(coarse.min_ns(), exact.min_ns()) << seed;
    ASSERT_EQ(coarse.max_ns(), exact.max_ns()) << seed;
    ASSERT_EQ(coarse.sum_ns(), exact.sum_ns()) << seed;
  }
}

TEST(HistogramTest, CopiesAreIndependent) {
  Histogram original = Of({5, 6, Histogram::kHighestNs + 1});
  Histogram copy = original;
  original.RecordNs(7, 1);
  EXPECT_EQ(copy, Of({5, 6, Histogram::kHighestNs}));
  EXPECT_EQ(copy.saturated_count(), 1U);
  copy = original;
  EXPECT_EQ(copy, original);
  const Histogram& self = copy;
  copy = self;
  EXPECT_EQ(copy, original);
}

TEST(HistogramTest, MovedFromIsEmptyAndCanBeAssignedTo) {
  Histogram source = Of({5, 6});
  Histogram target = std::move(source);
  EXPECT_EQ(target, Of({5, 6}));
  EXPECT_TRUE(source.empty());  // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
  source.Clear();
  target.Merge(source);
  EXPECT_EQ(target.count(), 2U);
  source = target;
  source.RecordNs(7, 1);
  EXPECT_EQ(source, Of({5, 6, 7}));
  target = std::move(source);
  EXPECT_EQ(target, Of({5, 6, 7}));
  source = Histogram();
  source.RecordNs(1, 1);
  EXPECT_EQ(source.count(), 1U);
}

TEST(HistogramTest, EqualityIsOfCountsBucketByBucket) {
  EXPECT_EQ(Of({1'000'000}), Of({1'000'001}));  // The same to three digits.
  EXPECT_NE(Of({1'000'000}), Of({1'010'000}));
  EXPECT_NE(Of({1}), Of({1, 1}));
  EXPECT_NE(Of({1, 5, 9}), Of({1, 6, 9}));
  EXPECT_NE(Of({}), Of({0}));
}

TEST(HistogramDeathTest, AskingAnEmptyOneForAValueIsABug) {
  const Histogram histogram;
  EXPECT_DEATH(histogram.min_ns(), "!empty\\(\\)");
  EXPECT_DEATH(histogram.max_ns(), "!empty\\(\\)");
  EXPECT_DEATH(histogram.mean_ns(), "!empty\\(\\)");
  EXPECT_DEATH(histogram.QuantileNs(0.5), "!empty\\(\\)");
}

TEST(HistogramDeathTest, QuantilesAndRanksOutOfRangeAreBugs) {
  const Histogram histogram = Of({1, 2});
  EXPECT_DEATH(histogram.QuantileNs(-0.1), "q >= 0");
  EXPECT_DEATH(histogram.QuantileNs(1.1), "q <= 1");
  EXPECT_DEATH(histogram.QuantileNs(std::nan("")), "q >= 0");
  EXPECT_DEATH(histogram.ValueAtRankNs(0), "rank >= 1");
  EXPECT_DEATH(histogram.ValueAtRankNs(3), "rank <= total_count_");
}

}  // namespace
}  // namespace weir
