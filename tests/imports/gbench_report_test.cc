#include "imports/gbench_report.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/summary_metric.h"
#include "imports/import.h"
#include "tests/support/temp_dir.h"

namespace weir::imports {
namespace {

std::string ErrorOf(std::string_view json) {
  const Result<weir::Run> run = ReadGoogleBenchmark(json, "out.json");
  return run ? "no error" : run.error().message;
}

const Measurement* Find(const weir::Run& run, std::uint32_t step, std::string_view name) {
  for (const Measurement& measurement : run.measurements) {
    if (measurement.step == step && measurement.name == name) {
      return &measurement;
    }
  }
  return nullptr;
}

// Written by libbenchmark 1.7.1: two benchmarks of three repetitions, one that fails, aggregates.
TEST(GoogleBenchmarkTest, ReadsWhatTheLibraryWrites) {
  const Result<weir::Run> read =
      ReadGoogleBenchmark(tests::ReadFile(WEIR_GOLDEN_DIR "/imports/gbench.json"), "gbench.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->plan.scenario, "gbench:tiny_bench");
  ASSERT_EQ(read->plan.steps.size(), 2U);
  EXPECT_EQ(read->plan.steps[0].step, "BM_Sum/iterations:1000");
  EXPECT_EQ(read->plan.steps[1].step, "BM_SumInMilliseconds/iterations:1000");
  EXPECT_EQ(read->measurements.size(), 8U);
  EXPECT_TRUE(read->totals.empty());
  const Measurement* work = Find(*read, 0, "work");
  ASSERT_NE(work, nullptr);
  EXPECT_EQ(work->unit, "count");
  EXPECT_EQ(work->values, (std::vector<double>{100, 100, 100}));
  EXPECT_EQ(Find(*read, 1, "items_per_second")->unit, "per_s");
  EXPECT_EQ(read->state, RunState::kAborted);
  EXPECT_EQ(read->state_reason,
            "benchmark 'BM_Fails/iterations:1' reported an error: it is meant to");
}

TEST(GoogleBenchmarkTest, TimesAreInNanosecondsWhateverTheUnitOfTheFile) {
  const Result<weir::Run> read = ReadGoogleBenchmark(
      R"({"context": {"executable": "/x/parser_bench"}, "benchmarks": [
           {"name": "A", "real_time": 2.5, "cpu_time": 2, "time_unit": "ms"},
           {"name": "A", "real_time": 3, "cpu_time": 2, "time_unit": "us"},
           {"name": "B", "real_time": 7, "cpu_time": 1e-9, "time_unit": "s"}]})",
      "out.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->plan.scenario, "gbench:parser_bench");
  EXPECT_EQ(Find(*read, 0, "real_time")->values, (std::vector<double>{2.5e6, 3e3}));
  EXPECT_EQ(Find(*read, 1, "real_time")->values, (std::vector<double>{7e9}));
  EXPECT_EQ(Find(*read, 1, "cpu_time")->values, (std::vector<double>{1}));
}

TEST(GoogleBenchmarkTest, SaysWhatIsWrong) {
  EXPECT_EQ(ErrorOf("{\n oops").substr(0, 44), "out.json:2: it is not JSON from here on\n  hi");
  EXPECT_EQ(ErrorOf(R"({"benchmarks": 5})").substr(0, 38),
            "out.json: it has no list 'benchmarks'\n");
  EXPECT_EQ(ErrorOf(R"({"benchmarks": [{"name": "A", "real_time": 1, "cpu_time": 1,
                                        "time_unit": "h"}]})"),
            "out.json: benchmark 'A': its time_unit is '\"h\"'\n"
            "  hint: it must be ns, us, ms or s");
  EXPECT_EQ(ErrorOf(R"({"benchmarks": [{"name": "A", "real_time": null, "cpu_time": 1,
                                        "time_unit": "ns"}]})"),
            "out.json: benchmark 'A': its real_time is 'null'\n"
            "  hint: it must be a number, 0 or more");
  EXPECT_EQ(ErrorOf(R"({"benchmarks": [{"name": "A", "real_time": 1, "cpu_time": -1}]})"),
            "out.json: benchmark 'A': its cpu_time is '-1'\n"
            "  hint: it must be a number, 0 or more");
  EXPECT_EQ(ErrorOf(R"({"benchmarks": [{"name": "A_mean", "run_type": "aggregate"}]})"),
            "out.json: no benchmark ran; it has 1 aggregates\n"
            "  hint: let at least one run, without --benchmark_report_aggregates_only: every "
            "repetition counts");
  EXPECT_NE(ErrorOf(R"({"benchmarks": [5]})"), "no error");
  EXPECT_NE(ErrorOf(R"({"benchmarks": []})"), "no error");
}

// The two ways in, `weir run --gbench` and `weir import`, read the same numbers.
TEST(GoogleBenchmarkTest, RunAndImportReadTheSame) {
  const std::string text = tests::ReadFile(WEIR_GOLDEN_DIR "/imports/gbench.json");
  const Result<weir::Run> one = ReadGoogleBenchmark(text, "gbench.json");
  const auto runs = ReadImport({.path = "gbench.json", .text = text});
  ASSERT_TRUE(one && runs);
  ASSERT_EQ(runs->size(), 9U);  // Three benchmarks of three repetitions; one of them fails.
  const std::vector<double>& times = Find(*one, 0, "real_time")->values;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto& metrics = (*runs)[i].target_metrics;
    EXPECT_TRUE(std::any_of(metrics.begin(), metrics.end(), [&](const TargetMetric& metric) {
      return metric.name == SummaryMetric("response_time.mean") && metric.last == times[i];
    })) << i;
  }
}

}  // namespace
}  // namespace weir::imports
