#include "analysis/second_blocks.h"

#include <gtest/gtest.h>

namespace weir::analysis {
namespace {

SecondRecord Second(std::uint32_t second, Phase phase = Phase::kMeasure) {
  SecondRecord record;
  record.second = second;
  StepRecord& step = record.steps.emplace_back();
  step.phase = phase;
  step.latency[Outcome::kCompleted].response.RecordNs(1000 + second, 2);
  return record;
}

TEST(SecondBlocksTest, KeepsSecondsApartWhileTheyAreFew) {
  SecondBlocks blocks;
  for (std::uint32_t second = 0; second < 100; ++second) {
    blocks.Add(Second(second));
  }
  EXPECT_EQ(blocks.width_s(), 1U);
  ASSERT_EQ(blocks.blocks().size(), 100U);
  EXPECT_EQ(blocks.blocks()[7].first_second, 7U);
  EXPECT_EQ(blocks.blocks()[7].response.count(), 2U);
}

TEST(SecondBlocksTest, StaysSmallAndLosesNoCount) {
  SecondBlocks blocks;
  for (std::uint32_t second = 0; second < 10'000; ++second) {
    blocks.Add(Second(second));
    ASSERT_LE(blocks.blocks().size(), SecondBlocks::kBlocksMax);
  }
  std::uint64_t count = 0;
  std::uint32_t next = 0;
  for (const SecondBlocks::Block& block : blocks.blocks()) {
    EXPECT_EQ(block.first_second, next);
    next += blocks.width_s();
    count += block.response.count();
  }
  EXPECT_EQ(count, 20'000U);
  EXPECT_EQ(blocks.width_s(), 128U);
}

TEST(SecondBlocksTest, BooksLateOnesWhereTheyBelongAndLeavesOutTheWarmUp) {
  SecondBlocks blocks;
  blocks.Add(Second(0, Phase::kWarmUp));
  blocks.Add(Second(1));
  blocks.Add(Second(4));
  blocks.Add(Second(1));
  ASSERT_EQ(blocks.blocks().size(), 2U);
  EXPECT_EQ(blocks.blocks()[0].response.count(), 4U);
}

}  // namespace
}  // namespace weir::analysis
