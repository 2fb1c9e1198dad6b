#include "analysis/coarse_counts.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::analysis {
namespace {

Histogram Drawn(std::uint64_t seed, double median_ns) {
  Rng rng(seed);
  Histogram values;
  for (int i = 0; i < 500; ++i) {
    values.RecordNs(static_cast<std::uint64_t>(median_ns * std::exp(rng.Normal())), 1);
  }
  return values;
}

TEST(CoarseCountsTest, LosesNoCountAndMovesNoValueByMoreThanItsBucket) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const double median_ns = std::pow(10.0, static_cast<double>(seed % 7) + 2);
    CoarseCounts counts;
    const Histogram exact = Drawn(seed, median_ns);
    counts.Add(exact);
    const Histogram coarse = counts.ToHistogram();
    ASSERT_EQ(coarse.count(), exact.count());
    for (std::uint64_t rank = 1; rank <= exact.count(); rank += 7) {
      const auto value = static_cast<double>(exact.ValueAtRankNs(rank));
      EXPECT_NEAR(static_cast<double>(coarse.ValueAtRankNs(rank)), value, 32 + value / 32);
    }
  }
}

TEST(CoarseCountsTest, AddsUpInAnyOrder) {
  const Histogram parts[] = {Drawn(1, 1e6), Drawn(2, 1e3), Drawn(3, 1e8), Drawn(4, 1e6)};
  Histogram all;
  CoarseCounts values;
  CoarseCounts counts;
  for (const Histogram& part : parts) {
    all.Merge(part);
    values.Add(part);
    CoarseCounts one;
    one.Add(part);
    counts.Add(one);
  }
  CoarseCounts at_once;
  at_once.Add(all);
  for (const CoarseCounts* sum : {&values, &counts}) {
    EXPECT_EQ(sum->count(), all.count());
    EXPECT_EQ(sum->ToHistogram(), at_once.ToHistogram());
  }
}

TEST(CoarseCountsTest, CountsToTheEndOfTheBucket) {
  CoarseCounts counts;
  Histogram values;
  values.RecordNs(100, 3);  // Shares [96, 128) with 127.
  values.RecordNs(1'000'000, 2);
  counts.Add(values);
  EXPECT_EQ(counts.CountAtOrBelowNs(95), 0U);
  EXPECT_EQ(counts.CountAtOrBelowNs(96), 3U);
  EXPECT_EQ(counts.CountAtOrBelowNs(500'000), 3U);
  EXPECT_EQ(counts.CountAtOrBelowNs(~std::uint64_t{0}), 5U);
}

TEST(CoarseCountsTest, AFullBucketStaysFull) {
  Histogram values;
  values.RecordNs(100, 5'000'000'000);
  values.RecordNs(3'600'000'000'000, 1);
  CoarseCounts counts;
  counts.Add(values);
  counts.Add(values);
  EXPECT_EQ(counts.CountAtOrBelowNs(100), 4'294'967'295U);
  EXPECT_EQ(counts.count(), 4'294'967'297U);
}

TEST(CoarseCountsTest, NothingAddedIsNothing) {
  CoarseCounts counts;
  counts.Add(Histogram());
  counts.Add(CoarseCounts());
  EXPECT_TRUE(counts.empty());
  EXPECT_TRUE(counts.ToHistogram().empty());
  EXPECT_EQ(counts.CountAtOrBelowNs(1000), 0U);
}

}  // namespace
}  // namespace weir::analysis
