#include <nlohmann/json.hpp>

#include "store/run_writer.h"
#include "tests/analysis/gate_runs.h"
#include "tests/cli/gate_fixture.h"

namespace weir::cli {
namespace {

using nlohmann::json;

const std::vector<double> kSteady = {10, 10.1, 9.9, 10, 10.05};
const std::vector<double> kSlow = {12, 12.1, 11.9, 12, 12.05};

class GatePolicyTest : public GateCommand {
 protected:
  void SetUp() override {
    Record({"old"}, kSteady, 0);
    Record({"slow"}, kSlow, 1);
  }

  Said Judge(const std::string& policy, std::vector<std::string> more = {}) {
    dir_.Write("gate.yaml", policy);
    std::vector<std::string> arguments = {"--policy",   "gate.yaml",  "--candidate",
                                          "build:slow", "--baseline", "build:old"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Gate(arguments);
  }
};

TEST_F(GatePolicyTest, ALimitNeedsNoBaselineOnTheCommandLine) {
  dir_.Write("gate.yaml", "criteria: [ { response_time: p50, limit: < 50ms } ]\n");
  const Said said = Gate({"--policy", "gate.yaml", "--candidate", "build:slow"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_EQ(said.out.find("against"), std::string::npos) << said.out;
}

TEST_F(GatePolicyTest, ExitCodesFollowTheActions) {
  EXPECT_EQ(Judge("on_fail: block\n").exit_code, 10);
  EXPECT_EQ(Judge("on_fail: rollback\n").exit_code, 10);
  EXPECT_EQ(Judge("on_fail: warn\n").exit_code, 0);
  EXPECT_EQ(Judge("on_fail: warn\n", {"--warn-exit"}).exit_code, 12);
  EXPECT_EQ(Judge("dry_run: true\n").exit_code, 0);
  EXPECT_EQ(Judge("on_fail: block\n", {"--dry-run"}).exit_code, 0);
  EXPECT_EQ(Judge("on_fail: confirm\n").exit_code, 11);
}

TEST_F(GatePolicyTest, AFailIsConfirmedByFreshRunsOnly) {
  const std::string policy = "on_fail: { confirm: 3 }\n";
  EXPECT_EQ(Judge(policy).exit_code, 11);
  EXPECT_EQ(Judge(policy).exit_code, 11);
  Record({"old"}, {10, 10.1, 9.9}, 20);
  Record({"slow"}, {12, 12.1, 11.9}, 21);
  const Said said = Judge(policy, {"--json"});
  EXPECT_EQ(said.exit_code, 10) << said.out << said.err;
  const json verdict = json::parse(said.out);
  EXPECT_EQ(verdict["candidate_runs"].size(), 3U);
  EXPECT_EQ(verdict["action_reason"], "fresh runs failed again: the fail is confirmed");
}

TEST_F(GatePolicyTest, RerunsAreBounded) {
  Record({"one"}, {10}, 40);
  const std::vector<std::string> ask = {"--policy",   "gate.yaml", "--candidate", "build:one",
                                        "--baseline", "build:old", "--json"};
  dir_.Write("gate.yaml", "on_inconclusive: { rerun: 2 }\n");
  for (const std::string action : {"rerun", "rerun", "hold"}) {
    const Said said = Gate(ask);
    EXPECT_EQ(said.exit_code, 11);
    EXPECT_EQ(json::parse(said.out)["action"], action);
  }
}

TEST_F(GatePolicyTest, AWaiverInAFileOfItsOwnLetsThrough) {
  dir_.Write("waivers.yaml", "- { metric: '*', owner: shop, reason: known, until: 2999-01-01 }\n");
  EXPECT_EQ(Judge("", {"--waiver", "waivers.yaml"}).exit_code, 2);  // An empty policy is a mistake.
  EXPECT_EQ(Judge("alpha: 5%\n", {"--waiver", "waivers.yaml"}).exit_code, 2);  // Out of range.
  dir_.Write("waivers.yaml", "- { metric: '*', owner: shop, reason: known, until: 2250-01-01 }\n");
  const Said said = Judge("alpha: 5%\n", {"--waiver", "waivers.yaml"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_NE(said.out.find("waived by shop until 2250-01-01T00:00:00Z: known"), std::string::npos)
      << said.out;
}

// Keptn's own file, its own way: the first evaluation passes, later ones are compared with it.
TEST_F(GatePolicyTest, AKeptnFileIsJudgedWithoutABaselineOfItsOwn) {
  dir_.Write("slo.yaml",
             "spec_version: '1.0'\n"
             "comparison: { compare_with: single_result, include_result_with_score: pass }\n"
             "objectives:\n"
             "- sli: response_time_p95\n"
             "  key_sli: true\n"
             "  pass: [ { criteria: [ '<=+10%', '<600' ] } ]\n"
             "  warning: [ { criteria: [ '<=+30%' ] } ]\n"
             "- sli: throughput\n"
             "total_score: { pass: '90%', warning: '40%' }\n");
  const auto judge = [&](const std::string& build) {
    return Gate({"--policy", "slo.yaml", "--candidate", "build:" + build, "--json"});
  };
  const Said first = judge("old");
  EXPECT_EQ(first.exit_code, 0) << first.err;
  const Said second = judge("slow");
  const json verdict = json::parse(second.out);
  EXPECT_EQ(verdict["verdict"], "warn") << second.out;
  EXPECT_EQ(verdict["score"], json({0.5, 0.5}));
  EXPECT_EQ(verdict["baseline_runs"].size(), 5U);
}

// Summaries of k6 have percentiles and no values: a p95 is compared as the one number that it is.
TEST_F(GatePolicyTest, PercentilesOfOtherToolsAreJudgedAsTheyAre) {
  const auto import = [&](const std::string& build, const std::vector<std::string>& p95s) {
    for (const std::string& p95 : p95s) {
      dir_.Write("k6.json", R"k6({"metrics": {"http_reqs": {"count": 1000, "rate": 50},
          "http_req_duration": {"avg": 12, "p(95)": )k6" +
                                p95 + "}}}");
      const Said said = dir_.Weir({"import", "--build", build, "--scenario", "k6", "k6.json"});
      ASSERT_EQ(said.exit_code, 0) << said.err;
    }
  };
  import("k6-old", {"30", "30.2", "29.9", "30.1"});
  import("k6-new", {"36", "36.1", "35.8", "36.2"});
  dir_.Write("gate.yaml", "criteria: [ { response_time: p95 }, { response_time: body } ]\n");
  const Said said = Gate({"--policy", "gate.yaml", "--candidate", "build:k6-new", "--baseline",
                          "build:k6-old", "--json"});
  const json verdict = json::parse(said.out);
  ASSERT_EQ(verdict["checks"].size(), 2U) << said.out;
  EXPECT_NEAR(verdict["checks"][0]["candidate"].get<double>(), 36.025e6, 1e4);
  EXPECT_GT(verdict["checks"][0]["change_ratio"], 0.15);
  EXPECT_EQ(verdict["checks"][1]["verdict"], "inconclusive");
}

TEST_F(GatePolicyTest, AnErrorIsNoFailureInJUnit) {
  const Said said = Gate(
      {"--candidate", "build:none", "--baseline", "build:old", "--junit", dir_.Path("gate.xml")});
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_NE(dir_.Read("gate.xml").find("<error type=\"operational\""), std::string::npos);
}

TEST_F(GatePolicyTest, WhatOnErrorSaysHoldsWhenTheHistoryIsNotThere) {
  dir_.Write("gate.yaml", "on_error: { retry: 2 }\n");
  const Said said = Gate({"--policy", "gate.yaml", "--candidate", "build:slow", "--baseline",
                          "build:old", "--store", "nowhere.db"});
  EXPECT_EQ(said.exit_code, 11);
  EXPECT_EQ(said.err.substr(0, 35), "weir gate: inconclusive (on_error):");
}

TEST_F(GatePolicyTest, EveryOutputForCiIsWritten) {
  const Said said =
      Judge("on_fail: block\n", {"--junit", dir_.Path("a.xml"), "--markdown", dir_.Path("b.md"),
                                 "--gitlab-load-performance", dir_.Path("c.json"),
                                 "--gitlab-metrics", dir_.Path("d.txt"), "--github"});
  EXPECT_EQ(said.exit_code, 10);
  EXPECT_NE(said.out.find("::error title=weir gate%3A fail::"), std::string::npos) << said.out;
  EXPECT_NE(dir_.Read("a.xml").find("failures=\"3\""), std::string::npos) << dir_.Read("a.xml");
  EXPECT_EQ(dir_.Read("b.md").substr(0, 24), "<!-- weir gate: shop -->");
  EXPECT_EQ(json::parse(dir_.Read("c.json"))["metrics"]["http_reqs"]["count"], 5000);
  const std::string metrics = dir_.Read("d.txt");
  EXPECT_EQ(metrics.substr(metrics.size() - 6), "# EOF\n");
}

// A run of 20 seconds with 1,000 requests each, of 10 ms but for those of the seconds 7 to 11.
void RecordWithBadStretch(const std::string& path, const std::string& build, double bad_ms) {
  weir::Run run = analysis::EmptyRun(40);
  run.plan.build = build;
  run.plan.branch = "main";
  run.plan.target = "http://shop";
  auto writer = store::RunWriter::Begin(path, run.plan, run.started_at);
  ASSERT_TRUE(writer) << writer.error().message;
  for (std::uint32_t second = 0; second < 20; ++second) {
    const bool bad = second >= 7 && second < 12;
    StepRecord record;
    analysis::AddRequests(record, static_cast<std::uint64_t>(1e6 * (bad ? bad_ms : 10)), 1'000);
    (*writer)->OnSecond({.second = second, .steps = {record}});
    run.totals.front().Merge(record);
  }
  ASSERT_TRUE((*writer)->Finish(run));
}

TEST_F(GatePolicyTest, TheWorstStretchIsHeldAgainstALimitAndJudgedAgain) {
  RecordWithBadStretch(dir_.Path("weir.db"), "calm", 11);
  RecordWithBadStretch(dir_.Path("weir.db"), "wild", 300);
  dir_.Write("gate.yaml", "criteria: [ { response_time: p50, window: 5s, limit: < 100ms } ]\n");
  EXPECT_EQ(Gate({"--policy", "gate.yaml", "--candidate", "build:calm"}).exit_code, 0);
  const Said said = Gate({"--policy", "gate.yaml", "--candidate", "build:wild"});
  EXPECT_EQ(said.exit_code, 10) << said.out;
  EXPECT_NE(said.out.find("p50 of the worst 5s"), std::string::npos) << said.out;
  EXPECT_EQ(Gate({"replay", "2", "-q"}).exit_code, 0);
}

TEST_F(GatePolicyTest, AStretchOfTheRunIsHeldAgainstALimitAndJudgedAgain) {
  RecordWithBadStretch(dir_.Path("weir.db"), "wild", 300);
  for (const auto& [during, exit_code] :
       {std::pair("7s..12s", 10), std::pair("12s..20s", 0), std::pair("12s..61s", 11)}) {
    dir_.Write("gate.yaml", "criteria: [ { response_time: p50, during: " + std::string(during) +
                                ", limit: < 100ms } ]\n");
    const Said said = Gate({"--policy", "gate.yaml", "--candidate", "build:wild"});
    EXPECT_EQ(said.exit_code, exit_code) << said.out;
    EXPECT_NE(said.out.find("during " + std::string(during)), std::string::npos) << said.out;
  }
  for (const std::string verdict : {"1", "2", "3"}) {
    EXPECT_EQ(Gate({"replay", verdict, "-q"}).exit_code, 0);
  }
}

TEST_F(GatePolicyTest, APartOfTheResponseTimeIsSealedWithTheVerdict) {
  weir::Run run = analysis::EmptyRun(40);
  run.plan.build = "parts";
  run.plan.target = "http://shop";
  analysis::AddRequests(run, 10'000'000, 1'000);
  run.totals.front().parts[LatencyPart::kFirstByte].RecordNs(9'000'000, 1'000);
  Record(run);
  dir_.Write("gate.yaml",
             "criteria: [ { response_time: p50, part: first_byte, limit: < 9500us } ]\n");
  const Said said = Gate({"--policy", "gate.yaml", "--candidate", "build:parts"});
  EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
  EXPECT_NE(said.out.find("part first_byte"), std::string::npos) << said.out;
  EXPECT_EQ(Gate({"replay", "1", "-q"}).exit_code, 0);
}

TEST_F(GatePolicyTest, TheDistributionNamesTheQuantileThatRose) {
  const Said said = Judge("criteria: [ { response_time: distribution } ]\n");
  EXPECT_EQ(said.exit_code, 10) << said.out;
  EXPECT_NE(said.out.find("of 7 quantiles, p10 to p99"), std::string::npos) << said.out;
}

}  // namespace
}  // namespace weir::cli
