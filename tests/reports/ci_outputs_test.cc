#include "reports/ci_outputs.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/reports/synthetic_runs.h"
#include "tests/support/golden.h"

namespace weir::reports {
namespace {

using tests::MatchesGolden;

GateCheck CheckOf(Verdict verdict, std::string reason) {
  GateCheck check;
  check.metric = "response_time.p99";
  check.unit = "ns";
  check.candidate = 12'345'678;
  check.baseline = 10e6;
  check.change_ratio = 0.2345;
  check.tolerance = 0.05;
  check.verdict = verdict;
  check.reason = std::move(reason);
  return check;
}

// One check of each verdict, one of them waived, with text that would break each format.
GateResult Mixed() {
  GateResult result;
  result.verdict = Verdict::kFail;
  result.action = GateAction::kBlock;
  result.reason = "p99 rose, 20 % <more> than \"allowed\" | it `is` [so]";
  result.candidate = "build:b7";
  result.baseline = "last-pass";
  result.candidate_runs = {4, 5, 6};
  result.baseline_runs = {1, 2, 3};
  result.design = "interleaved";
  result.checks = {CheckOf(Verdict::kFail, "rose\nby 20 %, a lot"), CheckOf(Verdict::kPass, "ok"),
                   CheckOf(Verdict::kInconclusive, "cannot tell"),
                   CheckOf(Verdict::kWarn, "a little"), CheckOf(Verdict::kFail, "known")};
  result.checks[4].waiver = "shop until 2030-01-31T00:00:00Z: known";
  result.checks[4].step = "list";
  result.warnings = {"the generator was late"};
  return result;
}

TEST(CiOutputsTest, ReadAsRecorded) {
  EXPECT_TRUE(MatchesGolden(JUnitXml(Mixed(), "shop"), "reports/gate_junit.xml"));
  EXPECT_TRUE(MatchesGolden(GitHubAnnotations(Mixed()), "reports/gate_github.txt"));
  EXPECT_TRUE(MatchesGolden(VerdictMarkdown(Mixed(), "shop"), "reports/gate_comment.md"));
  EXPECT_TRUE(MatchesGolden(GitLabMetrics(Mixed(), "shop"), "reports/gate_metrics.txt"));
}

// GitLab silently drops a case whose class and name were there before.
TEST(CiOutputsTest, JUnitCasesHaveNamesThatDiffer) {
  const std::string xml = JUnitXml(Mixed(), "shop");
  for (const std::string name :
       {"\"response_time.p99\"", "\"response_time.p99 (2)\"", "\"response_time.p99 (4)\""}) {
    const std::size_t at = xml.find("name=" + name);
    ASSERT_NE(at, std::string::npos) << name;
    EXPECT_EQ(xml.find("name=" + name, at + 1), std::string::npos) << name;
  }
}

TEST(CiOutputsTest, AnOperationalErrorIsNoFailure) {
  const std::string xml = JUnitErrorXml("cannot open 'a<b'", "shop");
  EXPECT_NE(xml.find("errors=\"1\""), std::string::npos);
  EXPECT_NE(xml.find("<error type=\"operational\" message=\"cannot open 'a&lt;b'\"/>"),
            std::string::npos)
      << xml;
}

// GitHub shows ten of a kind for a step; the tenth says how many there are.
TEST(CiOutputsTest, AnnotationsBeyondTenAreCounted) {
  GateResult result = Mixed();
  result.checks.assign(30, CheckOf(Verdict::kFail, "rose"));
  const std::string text = GitHubAnnotations(result);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 10);
  EXPECT_NE(text.find("22 more are in the step summary"), std::string::npos) << text;
}

TEST(CiOutputsTest, TheMarkerOfACommentCannotBeEndedByAName) {
  const std::string text = VerdictMarkdown(Mixed(), "a --> <b>");
  EXPECT_EQ(text.substr(0, text.find('\n')).find("-->"), text.find('\n') - 3) << text;
}

TEST(CiOutputsTest, LoadPerformanceHasTheShapeOfK6) {
  std::vector<weir::Run> runs;
  for (const RunPage& page : SyntheticReport().pages) {
    runs.push_back(page.run);
  }
  const auto json = nlohmann::json::parse(GitLabLoadPerformance(runs), nullptr, false);
  ASSERT_TRUE(json.is_object());
  const auto& metrics = json["metrics"];
  EXPECT_GT(metrics["http_reqs"]["count"], 0);
  EXPECT_GT(metrics["http_reqs"]["rate"], 0);
  EXPECT_EQ(metrics["checks"]["fails"], metrics["http_req_failed"]["passes"]);
  EXPECT_LE(metrics["http_req_duration"]["p(90)"], metrics["http_req_duration"]["p(95)"]);
}

}  // namespace
}  // namespace weir::reports
