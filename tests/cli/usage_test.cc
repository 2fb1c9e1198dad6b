// What a user may write wrongly: exit code 2, one message on standard error, nothing on standard
// output, nothing left in the directory. The texts are whole, so that a change of them is seen.

#include <filesystem>

#include <gtest/gtest.h>

#include "tests/cli/weir_process.h"

namespace weir::cli {
namespace {

class UsageTest : public testing::Test {
 protected:
  void ExpectUsageError(const std::vector<std::string>& arguments, const std::string& message) {
    const Said said = directory_.Weir(arguments);
    EXPECT_EQ(said.exit_code, 2);
    EXPECT_EQ(said.err, message);
    EXPECT_EQ(said.out, "");
    EXPECT_FALSE(std::filesystem::exists(directory_.Path("weir.db")));
  }

  WeirDirectory directory_;
};

TEST_F(UsageTest, NoCommandShowsTheHelpOnStandardError) {
  const Said said = directory_.Weir({});
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_EQ(said.out, "");
  EXPECT_EQ(said.err, directory_.Weir({"--help"}).out);
}

TEST_F(UsageTest, HelpSpellsOptionsAsPeopleKnowThem) {
  const std::string help = directory_.Weir({"run", "--help"}).out;
  const std::size_t threads = help.find("  -t, --threads N ");
  const std::size_t json = help.find("  --json[=FILE] ");
  ASSERT_NE(threads, std::string::npos) << help;
  ASSERT_NE(json, std::string::npos) << help;
  // The texts stay below each other.
  EXPECT_EQ(help.find("load-generating") - threads, help.find("print JSON") - json);
  EXPECT_EQ(help.find(" ]"), std::string::npos) << help;
}

TEST_F(UsageTest, UnknownCommandNamesTheNearest) {
  ExpectUsageError({"histroy"},
                   "weir: unknown command 'histroy'\n"
                   "  hint: did you mean 'history'?\n");
}

TEST_F(UsageTest, UnknownOptionNamesTheNearest) {
  ExpectUsageError({"run", "--raet", "10", "http://localhost/"},
                   "weir run: unknown option '--raet'\n"
                   "  hint: did you mean '--rate'?\n");
}

TEST_F(UsageTest, OptionWithoutItsArgument) {
  ExpectUsageError({"run", "http://localhost/", "-R"},
                   "weir run: the required argument for option '--rate' is missing\n"
                   "  hint: 'weir run --help' lists the options\n");
}

TEST_F(UsageTest, MissingScenarioFile) {
  ExpectUsageError({"run", "shop.yaml"},
                   "weir run: shop.yaml: there is no such scenario file; check the path\n");
}

TEST_F(UsageTest, BrokenYamlIsShownWithItsPlace) {
  directory_.Write("shop.yaml", "name: shop\n  load: [1\n");
  ExpectUsageError({"run", "shop.yaml"},
                   "weir run: shop.yaml:2:7: error: a ':' is not expected here\n"
                   "  2 |   load: [1\n"
                   "    |       ^\n"
                   "  hint: put a text that holds ': ' in quotes; check the indentation of this "
                   "line\n");
}

TEST_F(UsageTest, UnknownKeyNamesTheNearest) {
  directory_.Write("shop.yaml",
                   "steps: [ { get: / } ]\n"
                   "load: { stages: [ { rate: 3/s, for: 1s } ] }\n"
                   "threshold: []\n");
  const Said said = directory_.Weir({"run", "shop.yaml"});
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_TRUE(
      said.err.starts_with("weir run: shop.yaml:3:1: error: unknown key 'threshold' in scenario\n"
                           "  3 | threshold: []\n"
                           "    | ^~~~~~~~~\n"
                           "  hint: did you mean 'thresholds'? "))
      << said.err;
}

TEST_F(UsageTest, RatesThatMakeNoSense) {
  ExpectUsageError({"run", "-R", "-5", "http://localhost/"},
                   "weir run: --rate: '-5' is not a rate; write a number per second, for example "
                   "'500/s', '10k' or '90/m'\n");
  ExpectUsageError({"run", "-R", "20M", "http://localhost/"},
                   "weir run: --rate: rate '20M' is out of range; weir accepts 0.01/h to 10M/s\n");
}

TEST_F(UsageTest, RateInAFileIsShownWithItsPlace) {
  directory_.Write("shop.yaml",
                   "flows: [ { name: a, steps: [ { get: / } ] } ]\n"
                   "load: { stages: [ { rate: -3/s, for: 1s } ] }\n");
  const Said said = directory_.Weir({"run", "shop.yaml"});
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_TRUE(said.err.starts_with("weir run: shop.yaml:2:27: error: rate: '-3/s' is not a rate"))
      << said.err;
}

TEST_F(UsageTest, LoadFlagsDoNotGoWithAFile) {
  directory_.Write("shop.yaml", "flows: []\n");
  ExpectUsageError({"run", "-R", "10", "shop.yaml"},
                   "weir run: --rate goes with a URL, not with a scenario file\n"
                   "  hint: set it in shop.yaml\n");
}

TEST_F(UsageTest, UrlWithAnotherScheme) {
  ExpectUsageError({"run", "-R", "10", "ftp://localhost/"},
                   "weir run: URL: address 'ftp://localhost/' has the scheme 'ftp', which weir "
                   "does not speak\n"
                   "  hint: use http:// or https://\n");
}

TEST_F(UsageTest, ThresholdThatCannotBeRead) {
  const Said said = directory_.Weir({"run", "--threshold", "p(95) < soon", "http://localhost/"});
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_TRUE(said.err.starts_with("weir run: --threshold: 'soon' is not a duration")) << said.err;
}

TEST_F(UsageTest, GateWithoutCandidate) {
  ExpectUsageError({"gate", "--baseline", "build:b6"},
                   "weir gate: --candidate is missing\n"
                   "  hint: weir gate --candidate build:b7 --baseline build:b6\n");
}

TEST_F(UsageTest, GatePolicyThatIsNotThere) {
  ExpectUsageError(
      {"gate", "--policy", "gate.yaml", "--candidate", "build:b7", "--baseline", "build:b6"},
      "weir gate: gate.yaml: there is no such gate policy file; check the path\n");
}

TEST_F(UsageTest, TargetWithAStallThatDoesNotEnd) {
  const Said said = directory_.Weir({"target", "--stall", "5s", "--every", "1s"});
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_TRUE(said.err.starts_with("weir target: ")) << said.err;
}

// Every command has a help page with an example, and says it on standard output.
TEST_F(UsageTest, EveryCommandHasHelpWithAnExample) {
  const std::string overview = directory_.Weir({"--help"}).out;
  std::size_t commands = 0;
  std::size_t line = overview.find("Commands:\n") + 10;
  while (overview[line] == ' ') {
    const std::string name = overview.substr(line + 2, overview.find(' ', line + 2) - line - 2);
    const Said said = directory_.Weir({name, "--help"});
    EXPECT_EQ(said.exit_code, 0) << name;
    EXPECT_TRUE(said.out.starts_with("Usage: weir " + name)) << said.out;
    EXPECT_NE(said.out.find("Examples:\n  weir " + name), std::string::npos) << said.out;
    EXPECT_EQ(said.err, "");
    ++commands;
    line = overview.find('\n', line) + 1;
  }
  EXPECT_GE(commands, 7U);
}

}  // namespace
}  // namespace weir::cli
