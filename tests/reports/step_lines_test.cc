#include "reports/step_lines.h"

#include <gtest/gtest.h>

namespace weir::reports {
namespace {

StepRecord Answered(std::uint32_t step, std::uint64_t ns) {
  StepRecord record;
  record.step = step;
  record.latency[Outcome::kCompleted].response.RecordNs(ns, 1);
  return record;
}

TEST(StepLinesTest, AStepHasItsMedianInEachSecondAndNoneWhereNothingEnded) {
  StepLineMaker maker(2, 4);
  maker.Add(0, Answered(0, 100));
  maker.Add(0, Answered(1, 900));
  maker.Add(2, Answered(0, 300));
  const StepLines lines = maker.Finish();
  EXPECT_EQ(lines.width_s, 1U);
  ASSERT_EQ(lines.p50_ns.size(), 2U);
  EXPECT_EQ(lines.p50_ns[0], (std::vector<std::optional<std::uint64_t>>{100, std::nullopt, 300}));
  EXPECT_EQ(lines.p50_ns[1],
            (std::vector<std::optional<std::uint64_t>>{900, std::nullopt, std::nullopt}));
}

// A median of a longer stretch is that of all its requests, not of the medians of its seconds.
TEST(StepLinesTest, AnHourIsSixtyMediansOfWholeStretches) {
  StepLineMaker maker(1, 3599);
  for (std::uint32_t second = 0; second < 3600; ++second) {
    for (std::uint32_t i = 0; i < (second % 60 == 0 ? 120U : 1U); ++i) {
      maker.Add(second, Answered(0, second % 60 == 0 ? 1000 : 10));
    }
  }
  const StepLines lines = maker.Finish();
  EXPECT_EQ(lines.width_s, 60U);
  ASSERT_EQ(lines.p50_ns[0].size(), kStepPoints);
  for (const std::optional<std::uint64_t>& value : lines.p50_ns[0]) {
    EXPECT_EQ(value, 1000U);
  }
}

TEST(StepLinesTest, AStepThatThePlanDoesNotHaveIsLeftOut) {
  StepLineMaker maker(1, 1);
  maker.Add(0, Answered(7, 100));
  EXPECT_EQ(maker.Finish().p50_ns.size(), 1U);
}

}  // namespace
}  // namespace weir::reports
