// `weir run` of programs, as a user does it.

#include <chrono>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "tests/cli/weir_process.h"

namespace weir::cli {
namespace {

using nlohmann::json;

class CommandRunTest : public testing::Test {
 protected:
  json Run(const std::string& command, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"run", "--json", "--command", command};
    words.insert(words.end(), more.begin(), more.end());
    said_ = directory_.Weir(words);
    return json::parse(said_.out, nullptr, false);
  }

  WeirDirectory directory_;
  Said said_;
};

TEST_F(CommandRunTest, ASampleIsARunOfTheProgramWithWhatItUsed) {
  const json run = Run("/bin/sh -c 'exit 0'", {"-n", "25", "--build", "b1"});
  ASSERT_EQ(said_.exit_code, 0) << said_.err;
  EXPECT_EQ(run["requests"]["planned"], 25);
  EXPECT_EQ(run["requests"]["completed"], 25);
  EXPECT_EQ(run["target"], "/bin/sh -c 'exit 0'");
  EXPECT_EQ(run["load"], "25 rounds by 1 user for 1 h");
  EXPECT_GT(run["latency_ns"]["service"]["min"], 50'000);
  EXPECT_EQ(run["usage"]["user_time_ns"]["count"], 25);
  EXPECT_EQ(run["usage"]["system_time_ns"]["count"], 25);
  for (const char* key : {"peak_memory_bytes", "instructions", "cycles"}) {
    ASSERT_TRUE(run["usage"].contains(key)) << key;
    EXPECT_TRUE(!run["usage"][key].is_null() || run["usage"].contains(std::string(key) + "_reason"))
        << key;
  }
  EXPECT_LT(run["duration_s"], 60);
}

TEST_F(CommandRunTest, ShowTellsItFromTheHistory) {
  Run("/bin/sh -c 'exit 0'", {"-n", "5"});
  const json shown = json::parse(directory_.Weir({"show", "last", "--json"}).out);
  EXPECT_EQ(shown["usage"]["page_faults"]["count"], 5);
  const std::string text = directory_.Weir({"show", "last"}).out;
  EXPECT_NE(text.find("what the programs used"), std::string::npos) << text;
  EXPECT_NE(text.find("user time"), std::string::npos) << text;
}

TEST_F(CommandRunTest, ExitCodesSignalsAndTimeoutsAreNamed) {
  EXPECT_EQ(Run("sh -c 'exit 7'", {"-n", "3"})["errors"], (json{{"exit_code", 3}}));
  EXPECT_EQ(said_.err, "weir run: the first program that failed: exit code 7\n");
  EXPECT_EQ(Run("sh -c 'kill -9 $$'", {"-n", "2"})["errors"], (json{{"signal", 2}}));
  EXPECT_EQ(Run("sleep 20", {"-n", "2", "--timeout", "50ms"})["errors"], (json{{"timeout", 2}}));
}

TEST_F(CommandRunTest, AMissingProgramIsToldBeforeAnythingIsRecorded) {
  Run("no-such-program-anywhere", {"-n", "3"});
  EXPECT_EQ(said_.exit_code, 69);
  EXPECT_NE(said_.err.find("cannot run 'no-such-program-anywhere'"), std::string::npos);
  EXPECT_EQ(directory_.Weir({"history"}).exit_code, 69);
}

TEST_F(CommandRunTest, ScenariosOfProgramsHaveChecksThresholdsAndRates) {
  directory_.Write(
      "list.yaml",
      "steps:\n"
      "  - { shell: 'echo items 12 | cat', name: ok, check: { stdout: /items \\d+/ } }\n"
      "  - { command: [sh, \"-c\", \"exit 4\"], name: four, check: { exit: 4 } }\n"
      "  - { command: echo nothing, name: wrong, check: { stdout: items } }\n"
      "load: { stages: [ { rate: 20/s, for: 500ms } ] }\n"
      "thresholds: [ \"ok: error_rate <= 0\", \"error_rate < 1%\" ]\n");
  const Said said = directory_.Weir({"run", "list.yaml", "--json"});
  const json run = json::parse(said.out);
  EXPECT_EQ(said.exit_code, 10) << said.err;
  EXPECT_EQ(run["requests"]["planned"], 30);
  EXPECT_EQ(run["errors"], (json{{"check_body", 10}}));
  EXPECT_EQ(run["thresholds"][0]["state"], "pass");
  EXPECT_EQ(run["thresholds"][1]["state"], "fail");
  EXPECT_EQ(run["steps"][1]["requests"]["completed"], 10);
}

TEST_F(CommandRunTest, WhatTheProgramWritesNeverReachesOurOutput) {
  const Said said = directory_.Weir(
      {"run", "-n", "3", "--shell", "--command", "echo to-stdout; echo to-stderr >&2"});
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_EQ(said.err, "");
  EXPECT_EQ(said.out.find("to-std"), said.out.find("to-stdout; echo")) << said.out;
}

TEST_F(CommandRunTest, FlagsThatDoNotGoTogetherAreRefused) {
  Run("true", {"--target", "http://localhost/"});
  EXPECT_EQ(said_.exit_code, 2);
  Run("true", {"http://localhost/"});
  EXPECT_EQ(said_.exit_code, 2);
  Run("a | b");
  EXPECT_EQ(said_.exit_code, 2);
  EXPECT_EQ(directory_.Weir({"run", "-n", "0", "--command", "true"}).exit_code, 2);
}

}  // namespace
}  // namespace weir::cli
