#include "analysis/comparison.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/analysis/gate_runs.h"

namespace weir::analysis {
namespace {

constexpr Place kEven{.first_slot = 0, .slot_step = 2};
constexpr Place kOdd{.first_slot = 1, .slot_step = 2};

const ComparedMetric* Find(const Comparison& comparison, std::string_view metric,
                           std::string_view step) {
  const auto found = std::find_if(
      comparison.metrics.begin(), comparison.metrics.end(),
      [&](const ComparedMetric& each) { return each.metric == metric && each.step == step; });
  return found == comparison.metrics.end() ? nullptr : &*found;
}

TEST(ComparisonTest, ShowsTheWholeRunAndEachStep) {
  Rng rng(1);
  const Comparison comparison =
      Compare(SimulatedRuns({}, 4, kEven, rng), SimulatedRuns({.slower = 0.2}, 4, kOdd, rng));
  const ComparedMetric* whole = Find(comparison, "response_time.p99", "");
  ASSERT_NE(whole, nullptr);
  EXPECT_NE(Find(comparison, "response_time.p99", "get"), nullptr);
  ASSERT_TRUE(whole->change && whole->interval);
  EXPECT_NEAR(*whole->change, 0.2, 0.12);
  EXPECT_EQ(comparison.design, "interleaved");
}

TEST(ComparisonTest, AdjustedProbabilitiesNeverFallBelowThePlainOnes) {
  Rng rng(2);
  const Comparison comparison =
      Compare(SimulatedRuns({}, 5, kEven, rng), SimulatedRuns({.slower = 0.05}, 5, kOdd, rng));
  int tested = 0;
  for (const ComparedMetric& metric : comparison.metrics) {
    if (metric.p_value) {
      EXPECT_GE(*metric.p_adjusted, *metric.p_value);
      EXPECT_LE(*metric.p_adjusted, 1);
      ++tested;
    }
  }
  EXPECT_GT(tested, 8);
}

TEST(ComparisonTest, OneRunASideHasIntervalsInsideTheRunsAndNoProbability) {
  Rng rng(3);
  const Comparison comparison =
      Compare(SimulatedRuns({}, 1, kEven, rng), SimulatedRuns({}, 1, kOdd, rng));
  const ComparedMetric* p90 = Find(comparison, "response_time.p90", "");
  ASSERT_NE(p90, nullptr);
  EXPECT_TRUE(p90->within_a && p90->within_b);
  EXPECT_FALSE(p90->p_value);
  EXPECT_FALSE(p90->note.empty());
}

TEST(ComparisonTest, NothingToCompareIsSaid) {
  const Comparison comparison = Compare({}, {});
  EXPECT_TRUE(comparison.metrics.empty());
  EXPECT_FALSE(comparison.summary.empty());
  EXPECT_FALSE(comparison.warnings.empty());
}

}  // namespace
}  // namespace weir::analysis
