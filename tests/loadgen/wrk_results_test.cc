#include "loadgen/script/wrk_results.h"

#include <array>

#include <gtest/gtest.h>

namespace weir::loadgen {
namespace {

TEST(ScriptStatsTest, ValuesAreCountedAscending) {
  constexpr std::array<std::uint64_t, 5> kValues = {4, 2, 4, 9, 4};
  const ScriptStats stats = ScriptStats::OfValues(kValues);
  ASSERT_EQ(stats.values().size(), 3U);
  EXPECT_EQ(stats.values()[1], (std::pair<std::uint64_t, std::uint64_t>(4, 3)));
  EXPECT_EQ(stats.min(), 2U);
  EXPECT_EQ(stats.max(), 9U);
  // (2 + 4 + 4 + 4 + 9) / 5 = 4.6; squares of the deviations: 6.76 + 3 * 0.36 + 19.36 = 27.2;
  // 27.2 / 4 = 6.8, whose root is 2.6077.
  EXPECT_DOUBLE_EQ(stats.mean(), 4.6);
  EXPECT_NEAR(stats.stdev(), 2.6077, 1e-4);
  EXPECT_EQ(stats.Percentile(20), 2U);
  EXPECT_EQ(stats.Percentile(20.1), 4U);
  EXPECT_EQ(stats.Percentile(80), 4U);
  EXPECT_EQ(stats.Percentile(100), 9U);
}

TEST(ScriptStatsTest, LatencyIsInMicroseconds) {
  Histogram latency;
  latency.RecordNs(1'500, 2);
  latency.RecordNs(1'900, 1);
  latency.RecordNs(80'000, 1);
  const ScriptStats stats = ScriptStats::OfLatency(latency);
  ASSERT_EQ(stats.values().size(), 2U);
  EXPECT_EQ(stats.values()[0], (std::pair<std::uint64_t, std::uint64_t>(1, 3)));
  EXPECT_EQ(stats.max(), 80U);
}

TEST(ScriptStatsTest, OfNothingIsZero) {
  const ScriptStats stats = ScriptStats::OfValues({});
  EXPECT_EQ(stats.min(), 0U);
  EXPECT_EQ(stats.max(), 0U);
  EXPECT_EQ(stats.mean(), 0);
  EXPECT_EQ(stats.stdev(), 0);
  EXPECT_EQ(stats.Percentile(99), 0U);
}

}  // namespace
}  // namespace weir::loadgen
