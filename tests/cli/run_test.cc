// The main job as a user does it: run, history, show, gate, report, and the exit codes.

#include <csignal>
#include <filesystem>
#include <memory>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/weir_process.h"
#include "tests/target/running_server.h"

namespace weir::cli {
namespace {

using nlohmann::json;

class RunTest : public testing::Test {
 protected:
  explicit RunTest(target::TargetOptions options = {}) : server_(std::move(options)) {}

  std::string Url() { return "http://" + server_.server().addresses().front() + "/"; }

  Said Run(const std::vector<std::string>& more) {
    std::vector<std::string> words = {"run", "-R", "500", "-d", "200ms"};
    words.insert(words.end(), more.begin(), more.end());
    words.push_back(Url());
    return directory_.Weir(words);
  }

  /// Until the run that is going on has its first second in the history.
  void AwaitFirstSecond() {
    const Instant end = server_.Now() + std::chrono::seconds(20);
    while (server_.Now() < end) {
      const Said said = directory_.Weir({"show", "last", "--json"});
      if (said.exit_code == 0 && json::parse(said.out)["requests"]["planned"] > 0) {
        return;
      }
    }
    FAIL() << "no second of the run was recorded in 20 s";
  }

  WeirDirectory directory_;
  target::RunningServer server_;
};

class FailingRunTest : public RunTest {
 protected:
  FailingRunTest() : RunTest({.error_ratio = 1}) {}
};

TEST_F(RunTest, AccountsForEveryPlannedRequest) {
  const Said said = Run({"--json", "-c", "4"});
  ASSERT_EQ(said.exit_code, 0) << said.err;
  EXPECT_EQ(said.err, "");
  const json run = json::parse(said.out);
  EXPECT_EQ(run["schema"], "weir.run/1");
  const json& requests = run["requests"];
  EXPECT_EQ(requests["planned"], 100);
  std::int64_t sum = 0;
  for (const char* outcome : {"completed", "failed", "timed_out", "dropped", "unfinished"}) {
    sum += requests[outcome].get<std::int64_t>();
  }
  EXPECT_EQ(sum, 100);
}

// The names that others build on; a missing one breaks them.
TEST_F(RunTest, JsonHasEveryPromisedName) {
  const json run = json::parse(Run({"--json"}).out);
  for (const char* path : {"/schema",
                           "/run",
                           "/scenario",
                           "/target",
                           "/build",
                           "/started_at",
                           "/duration_s",
                           "/requests/planned",
                           "/requests/completed",
                           "/requests/failed",
                           "/requests/timed_out",
                           "/requests/dropped",
                           "/requests/unfinished",
                           "/rate_per_s/planned",
                           "/rate_per_s/achieved",
                           "/errors",
                           "/steps",
                           "/thresholds",
                           "/resources/cpu_s",
                           "/resources/rss_bytes_max"}) {
    EXPECT_TRUE(run.contains(json::json_pointer(path))) << path;
  }
  for (const char* kind : {"/latency_ns/response", "/latency_ns/service", "/send_lag_ns"}) {
    for (const char* key : {"min", "mean", "p50", "p90", "p95", "p99", "p999", "p9999", "max"}) {
      const json::json_pointer at(std::string(kind) + "/" + key);
      ASSERT_TRUE(run.contains(at)) << at.to_string();
      const json::json_pointer reason(std::string(kind) + "/" + key + "_reason");
      EXPECT_EQ(run[at].is_null(), run.contains(reason)) << at.to_string();
    }
  }
}

TEST_F(RunTest, UrlAfterABareJsonFlagIsTheTarget) {
  EXPECT_EQ(Run({"--json"}).exit_code, 0);
  const Said to_file = Run({"--json", "run.json"});
  EXPECT_EQ(to_file.exit_code, 0);
  EXPECT_EQ(json::parse(directory_.Read("run.json"))["requests"]["planned"], 100);
}

TEST_F(RunTest, StoredRunIsShownAsItWasPrinted) {
  const Said run = Run({"--json", "--build", "b7"});
  ASSERT_EQ(run.exit_code, 0);
  EXPECT_EQ(directory_.Weir({"show", "last", "--json"}).out, run.out);
  EXPECT_NE(directory_.Weir({"history"}).out.find("b7"), std::string::npos);
}

TEST_F(RunTest, ThresholdDecidesTheExitCode) {
  EXPECT_EQ(Run({"-q", "--threshold", "p(50) < 10s"}).exit_code, 0);
  EXPECT_EQ(Run({"-q", "--threshold", "p(50) < 1ns"}).exit_code, 10);
  // Not enough requests to tell.
  EXPECT_EQ(Run({"-q", "--threshold", "p(99.99) < 1ns"}).exit_code, 11);
}

TEST_F(RunTest, AThresholdThatDoesNotHoldEndsTheRun) {
  const Said said = directory_.Weir({"run", "-c", "2", "-R", "50", "-d", "30s", "--json",
                                     "--threshold", "p(50) < 1ns over 1s abort after 2s", Url()});
  EXPECT_EQ(said.exit_code, 10) << said.err;
  const json run = json::parse(said.out);
  EXPECT_EQ(run["state"], "aborted");
  EXPECT_EQ(run["state_reason"],
            "threshold 'p(50) < 1ns over 1s abort after 2s' has not held for 2 s");
  EXPECT_LT(run["duration_s"], 6);
  EXPECT_EQ(said.err,
            "weir run: " + run["state_reason"].get<std::string>() + "; the run ends here\n");
  EXPECT_EQ(run["thresholds"][0]["state"], "fail");
}

TEST_F(FailingRunTest, ErrorsAreCountedAndJudged) {
  const Said said = Run({"--json", "--threshold", "error_rate < 1%"});
  EXPECT_EQ(said.exit_code, 10);
  const json run = json::parse(said.out);
  EXPECT_EQ(run["requests"]["failed"], 100);
  EXPECT_EQ(run["errors"]["status"], 100);
}

TEST_F(RunTest, ScenarioFileWithChecks) {
  directory_.Write(
      "shop.yaml",
      "name: shop\n"
      "flows:\n"
      "  - name: buy\n"
      "    steps:\n"
      "      - { get: /, name: list, check: { status: 200 } }\n"
      "      - { post: /cart, name: cart, json: { product: 7 }, check: { status: 404 } }\n"
      "load: { stages: [ { rate: 100/s, for: 200ms } ] }\n");
  const Said said = directory_.Weir({"run", "shop.yaml", "--target", Url(), "--json"});
  ASSERT_EQ(said.exit_code, 0) << said.err;
  const json steps = json::parse(said.out)["steps"];
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0]["requests"]["completed"], 20);
  EXPECT_EQ(steps[1]["requests"]["failed"], 20);
}

TEST_F(RunTest, CtrlCKeepsWhatWasMeasured) {
  const pid_t pid = directory_.Start({"run", "-R", "500", "-d", "60s", "--build", "b8", Url()});
  AwaitFirstSecond();
  kill(pid, SIGINT);
  const Said said = directory_.Wait(pid);
  EXPECT_EQ(said.exit_code, 130);
  EXPECT_NE(said.out.find("interrupted"), std::string::npos) << said.out;
  EXPECT_NE(directory_.Weir({"history"}).out.find("interrupted"), std::string::npos);
}

// The run itself is whole: what the target failed to do counts against its build.
TEST_F(RunTest, SaysThatTheTargetDiedOnTheWay) {
  auto mortal = std::make_unique<target::RunningServer>();
  const std::string url = "http://" + mortal->server().addresses().front() + "/";
  const pid_t run = directory_.Start({"run", "-q", "-R", "100", "-d", "6s", url});
  AwaitFirstSecond();
  mortal.reset();
  const Said said = directory_.Wait(run);
  EXPECT_EQ(said.exit_code, 69);
  EXPECT_NE(said.err.find("stopped answering: its last answer came in second "), std::string::npos)
      << said.err;
  EXPECT_NE(said.err.find(" connect_refused"), std::string::npos) << said.err;
  EXPECT_EQ(json::parse(directory_.Weir({"show", "last", "--json"}).out)["state"], "complete");
}

TEST_F(RunTest, KilledRunIsShownAsIncomplete) {
  const pid_t pid = directory_.Start({"run", "-R", "500", "-d", "60s", "--build", "b8", Url()});
  AwaitFirstSecond();
  kill(pid, SIGKILL);
  EXPECT_EQ(directory_.Wait(pid).exit_code, 128 + SIGKILL);
  EXPECT_NE(directory_.Weir({"history"}).out.find("incomplete"), std::string::npos);
  EXPECT_EQ(json::parse(directory_.Weir({"show", "last", "--json"}).out)["state"], "incomplete");
}

TEST_F(RunTest, BuildWithoutRunsIsAUsageError) {
  ASSERT_EQ(Run({"-q", "--build", "b6"}).exit_code, 0);
  const Said said = directory_.Weir({"gate", "--candidate", "build:b7", "--baseline", "build:b6"});
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_TRUE(said.err.starts_with("weir gate: no complete run matches 'build:b7'\n")) << said.err;
  EXPECT_EQ(said.out, "");
}

TEST_F(RunTest, GateCannotTellFromOneRunOfEach) {
  ASSERT_EQ(Run({"-q", "--build", "b6"}).exit_code, 0);
  ASSERT_EQ(Run({"-q", "--build", "b7"}).exit_code, 0);
  const Said said =
      directory_.Weir({"gate", "--candidate", "build:b7", "--baseline", "build:b6", "--json"});
  EXPECT_EQ(said.exit_code, 11);
  const json verdict = json::parse(said.out);
  EXPECT_EQ(verdict["schema"], "weir.verdict/1");
  EXPECT_EQ(verdict["verdict"], "inconclusive");
  for (const char* key : {"reason", "candidate", "baseline", "checks"}) {
    EXPECT_TRUE(verdict.contains(key)) << key;
  }
  ASSERT_FALSE(verdict["checks"].empty());
  for (const char* key : {"metric", "step", "baseline", "candidate", "change_ratio", "interval",
                          "tolerance", "verdict", "reason"}) {
    EXPECT_TRUE(verdict["checks"][0].contains(key)) << key;
  }
}

TEST_F(RunTest, ReportIsOneFileThatNamesTheRuns) {
  ASSERT_EQ(Run({"-q", "--build", "release-9"}).exit_code, 0);
  const Said said = directory_.Weir({"report", "-o", "page/"});
  ASSERT_EQ(said.exit_code, 0) << said.err;
  const std::string page = directory_.Read("page/index.html");
  EXPECT_NE(page.find("release-9"), std::string::npos);
  EXPECT_EQ(page.find("src=\"http"), std::string::npos);
}

}  // namespace
}  // namespace weir::cli
