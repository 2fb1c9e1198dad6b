// `weir duet` of programs, as a user does it.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/weir_process.h"

namespace weir::cli {
namespace {

using nlohmann::json;

class DuetTest : public testing::Test {
 protected:
  Said Duet(const std::string& old, const std::string& candidate,
            std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"duet", "--command", old, "--command", candidate};
    words.insert(words.end(), more.begin(), more.end());
    return directory_.Weir(words);
  }

  WeirDirectory directory_;
};

TEST_F(DuetTest, ASlowerProgramFailsAndBothSidesAreRecorded) {
  const Said said = Duet("sleep 0.01", "sleep 0.03", {"-n", "12", "--json"});
  ASSERT_EQ(said.exit_code, 10) << said.err << said.out;
  const json verdict = json::parse(said.out);
  EXPECT_EQ(verdict["verdict"], "fail");
  EXPECT_EQ(verdict["design"], "duet");
  EXPECT_EQ(verdict["baseline"], "build:sleep 0.01");
  EXPECT_EQ(verdict["candidate"], "build:sleep 0.03");
  EXPECT_GT(verdict["checks"][0]["change_ratio"], 0.5);
  EXPECT_GT(verdict["checks"][0]["interval"][0], 0.5);
  const json runs = json::parse(directory_.Weir({"history", "--json"}).out);
  EXPECT_EQ(runs["runs"].size(), 20U);
}

// With a tolerance that no noise reaches: by the default policy one in twenty may fail.
TEST_F(DuetTest, TheSameProgramDoesNotFail) {
  directory_.Write("wide.yaml", "criteria:\n  - { response_time: body, tolerance: 100% }\n");
  const Said said =
      Duet("sleep 0.02", "sleep 0.02", {"-n", "20", "--quiet", "--policy", "wide.yaml"});
  EXPECT_TRUE(said.exit_code == 0 || said.exit_code == 11) << said.exit_code << said.err;
  EXPECT_EQ(said.out, "");
}

// As that of a gate: the chain goes on over both, and the default policy is part of the record.
TEST_F(DuetTest, TheVerdictIsSealedAndGivenAgain) {
  const std::vector<std::string> named = {
      "-n", "12", "-q", "--baseline-build", "b6", "--candidate-build", "b7"};
  ASSERT_EQ(Duet("sleep 0.01", "sleep 0.03", named).exit_code, 10);
  const Said gate =
      directory_.Weir({"gate", "-q", "--baseline", "build:b6", "--candidate", "build:b7"});
  ASSERT_EQ(gate.exit_code, 10) << gate.err;
  ASSERT_EQ(Duet("sleep 0.01", "sleep 0.03", named).exit_code, 10);
  const Said chain = directory_.Weir({"gate", "verify"});
  EXPECT_EQ(chain.exit_code, 0) << chain.out;
  EXPECT_EQ(chain.out.substr(0, 30), "3 records follow each other; t");
  for (const std::string id : {"1", "2", "3"}) {
    const Said again = directory_.Weir({"gate", "replay", id});
    EXPECT_EQ(again.exit_code, 0) << id << again.out << again.err;
  }
}

TEST_F(DuetTest, AProgramThatDoesNotWorkIsToldAndNothingIsRecorded) {
  const Said said = Duet("true", "sh -c 'echo broken >&2; exit 3'");
  EXPECT_EQ(said.exit_code, 69);
  EXPECT_NE(said.err.find("does not work: exit code 3; it wrote: broken"), std::string::npos)
      << said.err;
  EXPECT_EQ(directory_.Weir({"history"}).exit_code, 69);
}

TEST_F(DuetTest, FailuresOfTheCandidateFailIt) {
  const std::string flaky = "if [ -e seen ]; then exit 1; fi; touch seen";
  const Said said = Duet("exit 0", flaky, {"--shell", "-n", "40", "--no-store"});
  EXPECT_EQ(said.exit_code, 10) << said.out << said.err;
  EXPECT_NE(said.out.find("error rate"), std::string::npos) << said.out;
}

TEST_F(DuetTest, AsksForTwoPrograms) {
  EXPECT_EQ(directory_.Weir({"duet", "--command", "true"}).exit_code, 2);
  EXPECT_EQ(Duet("true", "a | b").exit_code, 2);
  EXPECT_EQ(Duet("true", "true", {"-n", "2"}).exit_code, 2);
  EXPECT_EQ(Duet("true", "no-such-program-here").exit_code, 69);
}

}  // namespace
}  // namespace weir::cli
