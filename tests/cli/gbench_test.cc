// `weir run --gbench`, with a real Google Benchmark program.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/weir_process.h"

namespace weir::cli {
namespace {

using nlohmann::json;

class GbenchTest : public testing::Test {
 protected:
  Said Run(const std::vector<std::string>& more) {
    std::vector<std::string> words = {"run", "--gbench", TINY_BENCH};
    words.insert(words.end(), more.begin(), more.end());
    return directory_.Weir(words);
  }

  WeirDirectory directory_;
};

TEST_F(GbenchTest, FilesWhatEachRepetitionMeasured) {
  const Said said =
      Run({"--gbench-filter", "BM_Sum", "--gbench-repetitions", "3", "--build", "b1", "--json"});
  ASSERT_EQ(said.exit_code, 0) << said.err;
  const json run = json::parse(said.out);
  EXPECT_EQ(run["scenario"], "gbench:tiny_bench");
  EXPECT_EQ(run["requests"]["planned"], 0);
  EXPECT_EQ(run["latency_ns"]["response"]["count"], 0);
  // Two benchmarks; times, items and a counter of each.
  ASSERT_EQ(run["measurements"].size(), 8U);
  for (const json& measurement : run["measurements"]) {
    EXPECT_EQ(measurement["values"].size(), 3U);
  }
  const json shown = json::parse(directory_.Weir({"show", "last", "--json"}).out);
  EXPECT_EQ(shown["measurements"].size(), 8U);
  EXPECT_EQ(shown["build"], "b1");
  const std::string text = directory_.Weir({"show", "last"}).out;
  EXPECT_NE(text.find("BM_SumInMilliseconds"), std::string::npos) << text;
}

TEST_F(GbenchTest, ABenchmarkThatReportsAnErrorAbortsTheRun) {
  const Said said = Run({"--gbench-repetitions", "1", "--json"});
  EXPECT_EQ(said.exit_code, 69) << said.err;
  const json run = json::parse(said.out);
  EXPECT_EQ(run["state"], "aborted");
  EXPECT_NE(run["state_reason"].get<std::string>().find("it is meant to"), std::string::npos);
  EXPECT_EQ(run["measurements"].size(), 8U);
}

TEST_F(GbenchTest, RefusesWhatItCannotDo) {
  EXPECT_EQ(Run({"-R", "5"}).exit_code, 2);
  EXPECT_EQ(Run({"--gbench-repetitions", "0"}).exit_code, 2);
  EXPECT_EQ(directory_.Weir({"run", "--gbench", "./not-there"}).exit_code, 69);
  const Said no_benchmark = directory_.Weir({"run", "--gbench", "true"});
  EXPECT_EQ(no_benchmark.exit_code, 2);
  EXPECT_NE(no_benchmark.err.find("is not JSON"), std::string::npos) << no_benchmark.err;
}

}  // namespace
}  // namespace weir::cli
