#include "reports/verdict_text.h"

#include <gtest/gtest.h>

#include "reports/compare.h"
#include "reports/history.h"
#include "tests/reports/synthetic_runs.h"
#include "tests/support/golden.h"

namespace weir::reports {
namespace {

using tests::MatchesGolden;

TEST(VerdictTextTest, ReadsAsRecorded) {
  const std::vector<GateResult> verdicts = SyntheticReport().verdicts;
  EXPECT_TRUE(MatchesGolden(RenderVerdictText(verdicts[0]), "reports/verdict_80.txt"));
  EXPECT_TRUE(MatchesGolden(RenderVerdictText(verdicts[0], {.width = 120, .colour = Colour::kOn}),
                            "reports/verdict_120_colour.txt"));
  EXPECT_TRUE(MatchesGolden(RenderVerdictText(verdicts[0], {.charset = Charset::kAscii}),
                            "reports/verdict_ascii.txt"));
  EXPECT_TRUE(MatchesGolden(RenderVerdictText(verdicts[1]), "reports/verdict_pass_80.txt"));
}

TEST(HistoryTextTest, ReadsAsRecorded) {
  std::vector<HistoryRow> rows;
  for (const RunPage& page : SyntheticReport().runs) {
    rows.push_back(HistoryRowOf(page.run));
  }
  rows[3].in_progress = true;
  rows[3].state = RunState::kRunning;
  rows[4].p99_ns.reset();
  EXPECT_TRUE(MatchesGolden(RenderHistoryText(rows), "reports/history_80.txt"));
  EXPECT_TRUE(MatchesGolden(RenderHistoryText(rows, {.width = 120, .colour = Colour::kOn}),
                            "reports/history_120_colour.txt"));
}

TEST(HistoryTextTest, SaysThatThereIsNothing) {
  EXPECT_EQ(RenderHistoryText({}), "No runs.\n");
}

analysis::Comparison SomeComparison() {
  analysis::Comparison comparison;
  comparison.design = "interleaved";
  comparison.summary = "Response time p99 rose by 21.4 %, more than runs differ by chance.";
  comparison.warnings = {"Three runs a side are few: intervals are wide."};
  analysis::ComparedMetric p99;
  p99.metric = "response_time.p99";
  p99.unit = "ns";
  p99.a = 9.81e6;
  p99.b = 11.91e6;
  p99.change = 0.214;
  p99.interval = Interval{0.179, 0.252};
  p99.p_value = 0.00002;
  p99.p_adjusted = 0.0002;
  analysis::ComparedMetric p999;
  p999.metric = "response_time.p99.9";
  p999.step = "list";
  p999.unit = "ns";
  p999.note = "p99.9 needs 3,688 requests, these runs have 2,880.";
  analysis::ComparedMetric errors;
  errors.metric = "error_rate";
  errors.unit = "ratio";
  errors.a = 0.0008;
  errors.b = 0.0011;
  errors.change = 0.0003;
  errors.interval = Interval{-0.0004, 0.0011};
  errors.p_adjusted = 0.41;
  comparison.metrics = {p99, p999, errors};
  return comparison;
}

TEST(CompareTextTest, ReadsAsRecorded) {
  const CompareSides sides{"build:b1", "build:b2", {1, 3, 5}, {2, 4, 6}};
  EXPECT_TRUE(MatchesGolden(RenderCompareText(sides, SomeComparison()), "reports/compare_80.txt"));
  EXPECT_TRUE(MatchesGolden(
      RenderCompareText(sides, SomeComparison(), {.width = 120, .colour = Colour::kOn}),
      "reports/compare_120_colour.txt"));
  EXPECT_TRUE(MatchesGolden(CompareJson(sides, SomeComparison()), "reports/compare.json"));
}

}  // namespace
}  // namespace weir::reports
