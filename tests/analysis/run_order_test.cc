#include "analysis/run_order.h"

#include <gtest/gtest.h>

#include "tests/analysis/gate_runs.h"

namespace weir::analysis {
namespace {

std::vector<Run> RunsAt(const std::vector<int>& slots) {
  std::vector<Run> runs;
  for (const int slot : slots) {
    runs.push_back(EmptyRun(slot));
  }
  return runs;
}

TEST(RunOrderTest, RunsBesideEachOtherAreADuet) {
  const RunOrder order = OrderOf(RunsAt({0, 1, 2}), RunsAt({2, 0, 1}));
  EXPECT_EQ(order.design, RunDesign::kDuet);
  EXPECT_EQ(order.slot_a, (std::vector<double>{0, 1, 2}));
  EXPECT_EQ(order.slot_b, (std::vector<double>{2, 0, 1}));
}

TEST(RunOrderTest, AlternatingRunsAreInterleaved) {
  EXPECT_EQ(OrderOf(RunsAt({0, 2, 4}), RunsAt({1, 3, 5})).design, RunDesign::kInterleaved);
  EXPECT_EQ(OrderOf(RunsAt({0, 3, 4, 7}), RunsAt({1, 2, 5, 6})).design, RunDesign::kInterleaved);
}

TEST(RunOrderTest, OneSideAfterTheOtherIsSequential) {
  const RunOrder order = OrderOf(RunsAt({0, 1, 2}), RunsAt({3, 4, 5}));
  EXPECT_EQ(order.design, RunDesign::kSequential);
  EXPECT_EQ(order.slot_b, (std::vector<double>{3, 4, 5}));
}

TEST(RunOrderTest, ARunWithoutAStartLeavesTheOrderUnknown) {
  auto runs = RunsAt({0, 2});
  runs.back().started_at = WallTime{};
  EXPECT_EQ(OrderOf(runs, RunsAt({1, 3})).design, RunDesign::kUnknown);
}

TEST(RunOrderTest, RunsThatHardlyTouchAreNoPair) {
  auto b = RunsAt({0, 1, 2});
  for (weir::Run& run : b) {
    run.started_at += std::chrono::seconds(40);  // 20 of 60 s in common.
  }
  const RunOrder order = OrderOf(RunsAt({0, 1, 2}), b);
  EXPECT_NE(order.design, RunDesign::kDuet);
  EXPECT_TRUE(order.overlapping);
}

}  // namespace
}  // namespace weir::analysis
