#include <nlohmann/json.hpp>

#include "tests/analysis/gate_runs.h"
#include "tests/cli/gate_fixture.h"

/// Gates of the past that tell of noise, as `weir gate` finds them in a history.
namespace weir::cli {
namespace {

using nlohmann::json;

const std::vector<double> kSteady = {10, 10.1, 9.9, 10, 10.05};

class GateEarlierCommandTest : public GateCommand {
 protected:
  /// Records builds `a` and `b` in turn, from slot `slot` on.
  void RecordBoth(const std::string& a, const std::string& b, int slot) const {
    Record({a}, kSteady, slot);
    Record({b}, kSteady, slot + 1);
  }

  json Judge(const std::string& a, const std::string& b, std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {"--baseline", "build:" + a, "--candidate", "build:" + b,
                                      "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const Said said = Gate(words);
    EXPECT_EQ(said.exit_code, 0) << said.err;
    return json::parse(said.out);
  }
};

TEST_F(GateEarlierCommandTest, TheirVerdictsAreNamedAndTheVerdictIsGivenAgain) {
  RecordBoth("b1", "b2", 0);
  RecordBoth("b3", "b4", 20);
  RecordBoth("b5", "b6", 40);
  EXPECT_TRUE(Judge("b1", "b2")["warnings"].empty());
  EXPECT_EQ(Judge("b3", "b4")["warnings"][0],
            "how much runs vary is estimated with the runs of 1 earlier gate too: verdict 1");
  const json verdict = Judge("b5", "b6");
  EXPECT_EQ(verdict["warnings"][0],
            "how much runs vary is estimated with the runs of 2 earlier gates too: verdicts 2, 1");
  EXPECT_NE(verdict["checks"][0]["reason"].get<std::string>().find(
                "noise known from earlier gates too, 21 degrees of freedom in all"),
            std::string::npos);
  for (const std::string id : {"1", "2", "3"}) {
    EXPECT_EQ(Gate({"replay", id, "-q"}).exit_code, 0) << id;
  }
  EXPECT_EQ(Gate({"verify", "-q"}).exit_code, 0);
}

// A run that counted twice would make its noise look better known than it is.
TEST_F(GateEarlierCommandTest, NoRunCountsTwice) {
  RecordBoth("b1", "b2", 0);
  RecordBoth("b3", "b4", 20);
  Judge("b1", "b2");
  Judge("b1", "b2");
  EXPECT_EQ(Judge("b3", "b4")["warnings"][0],
            "how much runs vary is estimated with the runs of 1 earlier gate too: verdict 2");
  // Verdict 3 judged b3, and the other two the same runs.
  Record({"b5"}, kSteady, 21);
  EXPECT_EQ(Judge("b3", "b5")["warnings"][0],
            "how much runs vary is estimated with the runs of 1 earlier gate too: verdict 2");
}

TEST_F(GateEarlierCommandTest, APolicyCanLeaveThemOut) {
  RecordBoth("b1", "b2", 0);
  RecordBoth("b3", "b4", 20);
  Judge("b1", "b2");
  dir_.Write("gate.yaml", "earlier_gates: 0\n");
  EXPECT_TRUE(Judge("b3", "b4", {"--policy", "gate.yaml"})["warnings"].empty());
}

TEST_F(GateEarlierCommandTest, RunsOfAnotherScenarioAreLeftOut) {
  for (const auto& [build, slot] : {std::pair("b1", 0), std::pair("b2", 1)}) {
    for (weir::Run& run : analysis::FlatRuns(kSteady, {.first_slot = slot, .slot_step = 2})) {
      run.plan.build = build;
      run.plan.scenario_sha256 = "11";
      Record(std::move(run));
    }
  }
  RecordBoth("b3", "b4", 20);
  Judge("b1", "b2");
  EXPECT_TRUE(Judge("b3", "b4")["warnings"].empty());
}

}  // namespace
}  // namespace weir::cli
