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
  for (const RunPage& page : SyntheticReport().pages) {
    rows.push_back(HistoryRowOf(page.run));
  }
  rows[3].in_progress = true;
  rows[3].state = RunState::kRunning;
  rows[4].p99_ns.reset();
  EXPECT_TRUE(MatchesGolden(RenderHistoryText(rows, std::nullopt), "reports/history_80.txt"));
  EXPECT_TRUE(
      MatchesGolden(RenderHistoryText(rows, std::nullopt, {.width = 120, .colour = Colour::kOn}),
                    "reports/history_120_colour.txt"));
}

analysis::HistoryChange SomeChange(const std::string& metric, double before, double after) {
  analysis::HistoryChange change;
  change.scenario = "checkout";
  change.load = "400/s uniform for 30 s";
  change.metric = *analysis::ParseRunMetric(metric);
  change.run = 4;
  change.build = "b2";
  change.low_run = 3;
  change.high_run = 5;
  change.suspects = {"b1", "b2"};
  change.point.before = before;
  change.point.after = after;
  change.point.change = after - before;
  change.point.confidence = 0.987;
  if (change.metric.unit != "ratio") {
    change.point.change_ratio = after / before - 1;
    change.point.change_ratio_interval =
        Interval{*change.point.change_ratio - 0.02, *change.point.change_ratio + 0.02};
  }
  return change;
}

TEST(HistoryTextTest, ReadsAsRecordedWithChangePoints) {
  std::vector<HistoryRow> rows;
  for (const RunPage& page : SyntheticReport().pages) {
    rows.push_back(HistoryRowOf(page.run));
  }
  analysis::HistoryChanges changes;
  changes.changes = {SomeChange("response_time.p99", 8.16e6, 10.7e6),
                     SomeChange("error_rate", 0.0005, 0.0009),
                     SomeChange("response_time.p50", 2.9e6, 2.7e6)};
  changes.changes[2].step = "list";
  changes.changes[2].same_build = true;
  changes.changes[2].point.went_away = true;
  changes.changes.push_back(SomeChange("throughput", 400, 300));
  changes.changes.back().run = 1001;  // Not among the rows.
  changes.changes.back().low_run = changes.changes.back().high_run = 1001;
  changes.runs = 120;
  changes.series = 12;
  changes.small = 2;
  changes.warnings = {"1 run was left out."};
  EXPECT_TRUE(MatchesGolden(RenderHistoryText(rows, changes), "reports/history_changes_80.txt"));
  EXPECT_TRUE(MatchesGolden(
      RenderHistoryText(rows, changes,
                        {.width = 120, .colour = Colour::kOn, .charset = Charset::kAscii}),
      "reports/history_changes_120_colour.txt"));
}

// The listing once showed a lower bound as if it were the median.
TEST(HistoryTextTest, MarksLowerBounds) {
  const RunPage page = SyntheticRun({.timeouts = 0.6});
  const HistoryRow row = HistoryRowOf(page.run);
  EXPECT_TRUE(row.p50_lower_bound);
  const std::vector<HistoryRow> rows = {row};
  EXPECT_NE(RenderHistoryText(rows, std::nullopt).find("≥"), std::string::npos);
  EXPECT_NE(HistoryJson(rows, std::nullopt).find("\"p50\",\n"), std::string::npos);
}

TEST(HistoryTextTest, KeepsTheEndOfAnAddress) {
  HistoryRow row;
  row.scenario = "http://staging.example.org:8080/shop/checkout";
  const std::vector<HistoryRow> rows = {row};
  EXPECT_NE(RenderHistoryText(rows, std::nullopt, {.width = 60}).find("kout "), std::string::npos);
}

TEST(HistoryTextTest, SaysThatThereIsNothing) {
  EXPECT_EQ(RenderHistoryText({}, std::nullopt), "No runs.\n");
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
