#include "analysis/benchmark_criteria.h"

#include <gtest/gtest.h>

#include "analysis/criterion_value.h"
#include "analysis/gate.h"
#include "tests/analysis/gate_runs.h"

namespace weir::analysis {
namespace {

weir::Run Benchmarks(std::vector<std::pair<std::string, std::vector<double>>> times) {
  weir::Run run = EmptyRun(0);
  run.totals.clear();
  run.plan.steps.clear();
  for (auto& [name, values] : times) {
    const auto step = static_cast<std::uint32_t>(run.plan.steps.size());
    run.plan.steps.push_back({"benchmark", name});
    run.measurements.push_back({step, "real_time", "ns", std::move(values)});
    run.measurements.push_back({step, "items_per_second", "per_s", {7}});
  }
  return run;
}

GateCriterion Resource(const std::string& name, const std::string& step) {
  GateCriterion criterion;
  criterion.kind = GateCriterion::Kind::kResource;
  criterion.resource = name;
  criterion.step = step;
  return criterion;
}

TEST(BenchmarkCriteriaTest, JudgesTheTimeOfWhatAllRunsHave) {
  const std::vector<weir::Run> before = {Benchmarks({{"B", {1}}, {"A", {1}}, {"Old", {1}}})};
  const std::vector<weir::Run> after = {Benchmarks({{"A", {1}}, {"B", {1}}, {"New", {1}}})};
  const std::vector<GateCriterion> criteria = BenchmarkCriteria(before, after);
  ASSERT_EQ(criteria.size(), 2U);
  EXPECT_EQ(criteria[0].step, "B");
  EXPECT_EQ(criteria[1].step, "A");
  EXPECT_EQ(criteria[1].resource, "real_time");
  std::vector<std::string> warnings;
  WarnOfBenchmarks(before, after, warnings);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0], "not every run has a time of 'New', 'Old': not compared");
}

TEST(BenchmarkCriteriaTest, RunsWithRequestsAreNoBenchmarks) {
  const std::vector<weir::Run> loads = FlatRuns({10, 10}, {});
  EXPECT_FALSE(OnlyMeasurements(loads));
  EXPECT_TRUE(BenchmarkCriteria(loads, loads).empty());
  EXPECT_FALSE(OnlyMeasurements({}));
}

// The middle one of the repetitions: a wild one among them moves nothing.
TEST(BenchmarkCriteriaTest, TheValueOfARunIsTheMedianRepetition) {
  const weir::Run run = Benchmarks({{"A", {10, 12, 9000}}, {"B", {1, 2, 3, 4}}});
  EXPECT_EQ(ValueOf(run, Resource("real_time", "A")).value, 12);
  EXPECT_EQ(ValueOf(run, Resource("real_time", "B")).value, 2.5);
  EXPECT_EQ(UnitOf(Resource("real_time", "A")), "ns");
}

TEST(BenchmarkCriteriaTest, SaysWhyThereIsNoValue) {
  const weir::Run run = Benchmarks({{"A", {10}}});
  EXPECT_EQ(ValueOf(run, Resource("real_time", "")).missing,
            "it was measured for each benchmark; name one as the step");
  EXPECT_EQ(ValueOf(run, Resource("real_time", "Z")).missing, "a run has no step 'Z'");
  EXPECT_EQ(ValueOf(run, Resource("cpu_time", "A")).missing, "a run has no 'cpu_time' of it");
  EXPECT_EQ(ValueOf(run, Resource("items_per_second", "A")).missing,
            "of a rate less would be worse; judge real_time or cpu_time");
}

}  // namespace
}  // namespace weir::analysis
