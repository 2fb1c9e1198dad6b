#include <array>
#include <cstdlib>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/cli/gate_fixture.h"

namespace weir::cli {
namespace {

using nlohmann::json;

class BaselineTest : public GateCommand {
 protected:
  /// The verdict against `baseline` as JSON; its numbers of runs are in the order newest first.
  json VerdictAgainst(const std::string& baseline, const std::string& candidate = "build:new") {
    said_ = Gate({"--candidate", candidate, "--baseline", baseline, "--json"});
    return json::parse(said_.out, nullptr, false);
  }

  Said said_;
};

const std::vector<double> kSteady = {10, 10.1, 9.9, 10, 10.05};

TEST_F(BaselineTest, ABranchLeavesTheCandidateOut) {
  Record({"old"}, kSteady, 0);
  Record({"new"}, kSteady, 1);
  const json verdict = VerdictAgainst("branch:main last:3");
  ASSERT_TRUE(verdict.is_object()) << said_.err;
  EXPECT_EQ(verdict["baseline_runs"], json({5, 4, 3}));
}

TEST_F(BaselineTest, LastPassIsWhatTheNewestPassJudged) {
  Record({"first"}, kSteady, 0);
  Record({"second"}, kSteady, 1);
  Record({"slow"}, {20, 20.1, 19.9, 20, 20.05}, 20);
  Record({"new"}, kSteady, 21);
  EXPECT_EQ(Gate({"--candidate", "build:second", "--baseline", "build:first", "-q"}).exit_code, 0);
  EXPECT_EQ(Gate({"--candidate", "build:slow", "--baseline", "build:new", "-q"}).exit_code, 10);
  const json verdict = VerdictAgainst("last-pass");
  ASSERT_TRUE(verdict.is_object()) << said_.err;
  EXPECT_EQ(verdict["baseline_runs"], json({10, 9, 8, 7, 6}));
  EXPECT_EQ(VerdictAgainst("last-verdict")["baseline_runs"].size(), 5U);
}

TEST_F(BaselineTest, WithoutAnyPassTheVerdictIsInconclusiveAndSaysWhy) {
  Record({"new"}, kSteady, 0);
  const json verdict = VerdictAgainst("last-pass");
  EXPECT_EQ(said_.exit_code, 11);
  EXPECT_EQ(verdict["warnings"][0],
            "no verdict of the past is a pass, so there is no baseline yet");
}

TEST_F(BaselineTest, ASegmentBeginsAtTheLastChangePoint) {
  std::vector<double> history;
  for (int i = 0; i < 24; ++i) {
    history.push_back((i < 12 ? 10 : 20) + 0.05 * (i * 7 % 5));
  }
  Record({"old"}, history, 0);
  Record({"new"}, {20, 20.1, 20.2}, 41);
  const json verdict = VerdictAgainst("segment");
  ASSERT_TRUE(verdict.is_object()) << said_.err;
  EXPECT_EQ(verdict["baseline_runs"].size(), 12U);
  EXPECT_EQ(verdict["baseline_runs"].back(), 13);
  EXPECT_EQ(VerdictAgainst("segment last:4")["baseline_runs"], json({24, 23, 22, 21}));
}

TEST_F(BaselineTest, TwoWaysToFindABaselineAreRefused) {
  Record({"new"}, kSteady, 0);
  VerdictAgainst("last-pass segment");
  EXPECT_EQ(said_.exit_code, 2);
  EXPECT_EQ(said_.err,
            "weir gate: 'segment' is a second way to find the baseline\n"
            "  hint: write one of last-pass, last-warn, last-verdict, merge-base, segment\n");
}

TEST_F(BaselineTest, ACountThatIsNoneIsRefused) {
  Record({"new"}, kSteady, 0);
  VerdictAgainst("last-pass:many");
  EXPECT_EQ(said_.err,
            "weir gate: selector 'last-pass:many' needs a number from 1 to 1000, for example "
            "'last-pass:3'\n");
}

class MergeBaseTest : public BaselineTest {
 protected:
  void SetUp() override {
    for (const std::string command :
         {"init -q -b main .", "commit -q --allow-empty -m one", "commit -q --allow-empty -m two",
          "checkout -q -b change", "commit -q --allow-empty -m three", "rev-parse main~1 > one",
          "rev-parse main > two"}) {
      const std::string line = fmt::format(
          "cd '{}' && git -c user.name=t -c user.email=t@example.org {}", dir_.Path(""), command);
      ASSERT_EQ(std::system(line.c_str()), 0) << line;
    }
  }

  std::string Commit(const std::string& name) { return dir_.Read(name).substr(0, 40); }
};

TEST_F(MergeBaseTest, TheCommitWhereTheBranchBeganIsTheBaseline) {
  Record({Commit("two").substr(0, 8)}, kSteady, 0);
  Record({"new", "change"}, kSteady, 1);
  const json verdict = VerdictAgainst("merge-base");
  ASSERT_TRUE(verdict.is_object()) << said_.err;
  EXPECT_EQ(verdict["baseline_runs"].size(), 5U);
  EXPECT_EQ(verdict["warnings"][0],
            fmt::format("the baseline is commit {}, the merge base of HEAD and 'main'",
                        Commit("two").substr(0, 12)));
}

TEST_F(MergeBaseTest, ACommitBeforeItStandsInAndThatIsSaid) {
  Record({Commit("one")}, kSteady, 0);
  Record({"new", "change"}, kSteady, 1);
  const json verdict = VerdictAgainst("merge-base:main");
  ASSERT_TRUE(verdict.is_object()) << said_.err;
  EXPECT_EQ(verdict["baseline_runs"].size(), 5U);
  EXPECT_NE(verdict["warnings"][0].get<std::string>().find(", 1 before it"), std::string::npos);
}

TEST_F(MergeBaseTest, AnUnknownBranchIsToldInGitsWords) {
  Record({"new"}, kSteady, 0);
  VerdictAgainst("merge-base:trunk");
  EXPECT_EQ(said_.exit_code, 2);
  EXPECT_NE(said_.err.find("Not a valid object name trunk"), std::string::npos) << said_.err;
}

}  // namespace
}  // namespace weir::cli
