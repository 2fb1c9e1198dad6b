// `weir duet --baseline URL --candidate URL` as a user calls it.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "analysis/gate_looks.h"
#include "tests/cli/weir_process.h"
#include "tests/target/running_server.h"

namespace weir::cli {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

target::TargetOptions Answering(Nanos latency) {
  target::TargetOptions options;
  options.latency.typical = latency;
  return options;
}

// Where builds run beside the tests, the generator is late by milliseconds. That rightly makes its
// runs invalid, and a difference of 2 ms one that nobody can judge. Not how that is judged is
// tested here but how a duet is made, so what differs is far larger than such lateness, and the
// policy asks for no more and lets invalid runs count.
constexpr Nanos kUsual = 20ms;
constexpr Nanos kSlow = 60ms;
constexpr const char* kPolicy =
    "criteria: [ { response_time: body, tolerance: 50% } ]\n"
    "on_invalid: warn\n";

class DuetDeploymentsTest : public testing::Test {
 protected:
  void SetUp() override { directory_.Write("duet.yaml", kPolicy); }

  static std::string UrlOf(target::RunningServer& server) {
    return "http://" + server.server().addresses().front() + "/";
  }

  Said Duet(const std::string& candidate, std::vector<std::string> more = {},
            const std::string& pairs = "4") {
    std::vector<std::string> words = {
        "duet",           "-R",          "300",    "-d",  "300ms",
        "--policy",       "duet.yaml",   "-n",     pairs, "--baseline",
        UrlOf(baseline_), "--candidate", candidate};
    words.insert(words.end(), more.begin(), more.end());
    return directory_.Weir(words);
  }

  WeirDirectory directory_;
  target::RunningServer baseline_{Answering(kUsual)};
};

TEST_F(DuetDeploymentsTest, FailsASlowCandidate) {
  target::RunningServer slow(Answering(kSlow));
  const Said said = Duet(UrlOf(slow), {"--json"});
  ASSERT_EQ(said.exit_code, 10) << said.out << said.err;
  const json verdict = json::parse(said.out);
  EXPECT_EQ(verdict["verdict"], "fail");
  EXPECT_EQ(verdict["candidate"], "build:" + UrlOf(slow).substr(0, UrlOf(slow).size() - 1));
}

// Both sides of a pair get the same number of requests, from the same schedule and at the same
// time.
TEST_F(DuetDeploymentsTest, RecordsBothSidesOfEachPair) {
  target::RunningServer same(Answering(kUsual));
  const Said said = Duet(UrlOf(same), {"-q", "--baseline-build", "b6", "--candidate-build", "b7"});
  ASSERT_TRUE(said.exit_code == 0 || said.exit_code == 11) << said.exit_code << said.err;
  const json runs = json::parse(directory_.Weir({"history", "--json"}).out)["runs"];
  ASSERT_EQ(runs.size(), 8U);
  int of_b7 = 0;
  for (const json& run : runs) {
    const std::string id = std::to_string(run["run"].get<int>());
    const json shown = json::parse(directory_.Weir({"show", id, "--json"}).out);
    EXPECT_EQ(shown["requests"]["planned"], 90) << id;
    EXPECT_EQ(shown["state"], "complete");
    of_b7 += shown["build"] == "b7" ? 1 : 0;
  }
  EXPECT_EQ(of_b7, 4);
}

// Its requests wait for their two connections in a queue of their own. In one with the candidate's,
// those of the baseline would wait up to the timeout of 5 s, half of them for more than 2 s.
TEST_F(DuetDeploymentsTest, AStuckCandidateDoesNotHoldUpTheBaseline) {
  target::RunningServer stuck(Answering(400ms));
  Duet(UrlOf(stuck), {"-q", "-c", "2", "--baseline-build", "b6"}, "1");
  const json run = json::parse(directory_.Weir({"show", "1", "--json"}).out);
  EXPECT_EQ(run["build"], "b6");
  EXPECT_EQ(run["requests"]["completed"], 90);
  EXPECT_LT(run["latency_ns"]["response"]["p50"], 2'000'000'000);
}

TEST_F(DuetDeploymentsTest, RunsTheHookBetweenPairs) {
  target::RunningServer same(Answering(kUsual));
  Duet(UrlOf(same), {"-q", "--no-store", "--between", "echo x >> between.log"});
  EXPECT_EQ(directory_.Read("between.log"), "x\nx\nx\n");
  const Said failed = Duet(UrlOf(same), {"-q", "--no-store", "--between", "exit 3"});
  EXPECT_EQ(failed.exit_code, 69);
  EXPECT_NE(failed.err.find("--between 'exit 3' did not work: "), std::string::npos) << failed.err;
}

TEST_F(DuetDeploymentsTest, StopsWhenItIsDecided) {
  target::RunningServer slow(Answering(kSlow));
  const Said said = Duet(UrlOf(slow), {"--until-decided", "--no-store"}, "40");
  EXPECT_EQ(said.exit_code, 10) << said.out;
  EXPECT_EQ(said.err.find("pair 40 of 40"), std::string::npos);
}

// The look has its share of the 5 %, and that is sealed too.
TEST_F(DuetDeploymentsTest, TheVerdictIsSealedWithItsLooks) {
  target::RunningServer slow(Answering(kSlow));
  const Said said = Duet(UrlOf(slow), {"--until-decided", "--json"}, "40");
  ASSERT_EQ(said.exit_code, 10) << said.err;
  const json verdict = json::parse(said.out);
  const auto pairs = static_cast<std::uint32_t>(verdict["candidate_runs"].size());
  EXPECT_DOUBLE_EQ(verdict["checks"][0]["alpha"],
                   0.05 * analysis::ShareOfLook({.pairs = pairs, .pairs_max = 40}));
  const Said again = directory_.Weir({"gate", "replay", "1"});
  EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
  EXPECT_EQ(directory_.Weir({"gate", "verify", "-q"}).exit_code, 0);
}

TEST_F(DuetDeploymentsTest, SaysWhatIsMissing) {
  const Said one = directory_.Weir({"duet", "--baseline", "http://localhost:1"});
  EXPECT_EQ(one.exit_code, 2);
  EXPECT_NE(one.err.find("--candidate is missing"), std::string::npos) << one.err;
  const Said same = Duet(UrlOf(baseline_));
  EXPECT_EQ(same.exit_code, 2);
  EXPECT_NE(same.err.find("tell them apart with --baseline-build"), std::string::npos) << same.err;
  target::RunningServer other(Answering(kUsual));
  const Said closed = directory_.Weir(
      {"duet", "-d", "1s", "--baseline", UrlOf(baseline_), "--candidate", UrlOf(other)});
  EXPECT_EQ(closed.exit_code, 2);
  EXPECT_NE(closed.err.find("need an open load"), std::string::npos) << closed.err;
}

}  // namespace
}  // namespace weir::cli
