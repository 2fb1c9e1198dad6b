// `weir duet --gbench OLD NEW`: with scripts that write what a Google Benchmark program would, so
// that the times are known, and once with a real one.

#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/weir_process.h"

namespace weir::cli {
namespace {

using nlohmann::json;

class DuetGbenchTest : public testing::Test {
 protected:
  void Script(const std::string& name, const std::string& text) {
    directory_.Write(name, "#!/bin/sh\n" + text);
    std::filesystem::permissions(directory_.Path(name), std::filesystem::perms::owner_all);
  }

  /// A program `name` with benchmarks of `times` (shell arithmetic, in ns) by their names. $n is
  /// the number of the execution, from 1, and $noise walks through 0, 1, 2.
  void Program(const std::string& name,
               const std::vector<std::pair<std::string, std::string>>& times) {
    std::string rows;
    for (const auto& [benchmark, time] : times) {
      rows += (rows.empty() ? "" : ",\n") +
              (R"({"name": ")" + benchmark + R"(", "iterations": 9, "real_time": $(()" + time +
               R"()), "cpu_time": 1, "time_unit": "ns"})");
    }
    Script(name, R"(for word in "$@"; do
  case "$word" in --benchmark_out=*) out="${word#--benchmark_out=}";; esac
done
n=$(($(cat )" + name +
                     R"(.n 2>/dev/null || echo 0) + 1)); echo $n > )" + name + R"(.n
noise=$((n % 3))
cat > "$out" <<END
{"context": {"executable": "bench"}, "benchmarks": [)" +
                     rows + R"(]}
END
)");
  }

  Said Duet(std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"duet", "--gbench", "./old", "./new"};
    words.insert(words.end(), more.begin(), more.end());
    return directory_.Weir(words);
  }

  WeirDirectory directory_;
};

TEST_F(DuetGbenchTest, OneSlowerBenchmarkAmongThreeFailsTheWhole) {
  Program("old", {{"A", "1000 + noise"}, {"B", "2000 + noise"}, {"C", "3000 + noise"}});
  Program("new", {{"A", "1000 + noise"}, {"B", "2200 + noise"}, {"C", "3000 + noise"}});
  const Said said = Duet({"--json"});
  ASSERT_EQ(said.exit_code, 10) << said.err << said.out;
  const json verdict = json::parse(said.out);
  EXPECT_EQ(verdict["design"], "duet");
  EXPECT_EQ(verdict["candidate"], "build:./new");
  ASSERT_EQ(verdict["checks"].size(), 3U);
  EXPECT_EQ(verdict["checks"][0]["verdict"], "pass");
  EXPECT_EQ(verdict["checks"][1]["verdict"], "fail");
  EXPECT_EQ(verdict["checks"][1]["step"], "B");
  EXPECT_NEAR(verdict["checks"][1]["change_ratio"], 0.1, 1e-3);
  // One in twenty over all three together.
  EXPECT_DOUBLE_EQ(verdict["checks"][1]["alpha"], 0.05 / 3);
  EXPECT_EQ(verdict["reason"].get<std::string>().find("real time of step 'B' rose 9.99 %"), 0U)
      << verdict["reason"];
}

TEST_F(DuetGbenchTest, TheSameTimesPassAndAreFiledWithoutTheWarmUp) {
  Program("old", {{"A", "1000 + noise"}});
  Program("new", {{"A", "1000 + noise + (n == 1 ? 90000 : 0)"}});
  const Said said = Duet({"-n", "5"});
  EXPECT_EQ(said.exit_code, 0) << said.err << said.out;
  EXPECT_NE(said.out.find("5 pairs\n"), std::string::npos) << said.out;
  const json runs = json::parse(directory_.Weir({"history", "--json"}).out);
  EXPECT_EQ(runs["runs"].size(), 10U);
}

// Of ten pairs the slowest and the fastest are left out.
TEST_F(DuetGbenchTest, AWildPairNeitherFailsNorHidesAnything) {
  Program("old", {{"A", "1000 + noise"}});
  Program("new", {{"A", "1000 + noise + (n == 5 ? 90000 : 0)"}});
  const Said said = Duet();
  EXPECT_EQ(said.exit_code, 0) << said.err << said.out;
}

TEST_F(DuetGbenchTest, TheVerdictIsSealedAndTheGateJudgesTheSameRuns) {
  Program("old", {{"A", "1000 + noise"}});
  Program("new", {{"A", "1200 + noise"}});
  ASSERT_EQ(Duet({"-q", "--baseline-build", "b6", "--candidate-build", "b7"}).exit_code, 10);
  const Said again = directory_.Weir({"gate", "replay", "1"});
  EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
  const Said gate = directory_.Weir({"gate", "--baseline", "build:b6", "--candidate", "build:b7"});
  EXPECT_EQ(gate.exit_code, 10) << gate.out << gate.err;
  EXPECT_EQ(directory_.Weir({"gate", "verify", "-q"}).exit_code, 0);
}

TEST_F(DuetGbenchTest, APolicyNamesBenchmarksAsSteps) {
  Program("old", {{"A", "1000 + noise"}, {"B", "1000 + noise"}});
  Program("new", {{"A", "1000 + noise"}, {"B", "2000 + noise"}});
  directory_.Write("a.yaml", "criteria: [ { resource: real_time, step: A, tolerance: 1% } ]");
  EXPECT_EQ(Duet({"-q", "--policy", "a.yaml"}).exit_code, 0);
  directory_.Write("b.yaml", "criteria: [ { resource: cpu_time, step: B, tolerance: 1% } ]");
  EXPECT_EQ(Duet({"-q", "--policy", "b.yaml"}).exit_code, 0);
}

TEST_F(DuetGbenchTest, WhatOnlyOneSideHasIsNamedAndNotCompared) {
  Program("old", {{"A", "1000 + noise"}, {"Gone", "1"}});
  Program("new", {{"A", "1000 + noise"}, {"New", "1"}});
  const Said said = Duet({"--json"});
  EXPECT_EQ(said.exit_code, 0) << said.err << said.out;
  const json verdict = json::parse(said.out);
  EXPECT_EQ(verdict["checks"].size(), 1U);
  EXPECT_EQ(verdict["warnings"][0], "not every run has a time of 'Gone', 'New': not compared");
  Program("new", {{"New", "1"}});
  const Said none = Duet({"--no-store"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_NE(none.err.find("no benchmark has the same name in both"), std::string::npos) << none.err;
}

// Hours of pairs are lost neither to a typing mistake nor to a broken program.
TEST_F(DuetGbenchTest, WhatDoesNotWorkIsToldAtOnceAndNothingIsRecorded) {
  Program("old", {{"A", "1000"}});
  Script("new", "echo broken >&2; exit 3");
  const Said broken = Duet();
  EXPECT_EQ(broken.exit_code, 69);
  EXPECT_NE(broken.err.find("'./new' did not run: exit code 3; it wrote: broken"),
            std::string::npos)
      << broken.err;
  const Said error = directory_.Weir({"duet", "--gbench", TINY_BENCH, TINY_BENCH});
  EXPECT_EQ(error.exit_code, 69);
  EXPECT_NE(error.err.find("reported an error: it is meant to\n  hint: leave it out with "
                           "--gbench-filter"),
            std::string::npos)
      << error.err;
  EXPECT_EQ(directory_.Weir({"history"}).exit_code, 69);
}

TEST_F(DuetGbenchTest, ARealProgramThatBecameSlowerFails) {
  Script("new", std::string("TINY_BENCH_WORK=1000 exec ") + TINY_BENCH + " \"$@\"");
  const Said said =
      directory_.Weir({"duet", "--gbench", TINY_BENCH, "./new", "-n", "6", "--gbench-filter",
                       "BM_Sum", "--gbench-repetitions", "3", "--json"});
  ASSERT_EQ(said.exit_code, 10) << said.err << said.out;
  const json verdict = json::parse(said.out);
  EXPECT_EQ(verdict["checks"].size(), 2U);
  EXPECT_GT(verdict["checks"][0]["change_ratio"], 2);
}

TEST_F(DuetGbenchTest, AsksForTwoProgramsAndTakesNoLoad) {
  EXPECT_EQ(directory_.Weir({"duet", "--gbench", TINY_BENCH}).exit_code, 2);
  const Said load = directory_.Weir({"duet", "--gbench", TINY_BENCH, TINY_BENCH, "-R", "5"});
  EXPECT_EQ(load.exit_code, 2);
  EXPECT_NE(load.err.find("--rate does not go with --gbench"), std::string::npos) << load.err;
  EXPECT_EQ(directory_.Weir({"duet", "--gbench", TINY_BENCH, "./not-there"}).exit_code, 69);
}

}  // namespace
}  // namespace weir::cli
