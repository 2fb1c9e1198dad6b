#include "analysis/history_changes.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::analysis {
namespace {

struct RunOptions {
  RunId id = 1;
  std::string build = "b1";
  double slower = 1;  ///< Factor on the latencies of step "pay".
  std::uint64_t failed = 0;
  std::string load = "100/s for 10 s";
  std::vector<std::string> steps = {"list", "pay"};
};

// 1,000 requests a step around 10 ms; 1 % from run to run.
Run SomeRun(const RunOptions& options) {
  Rng rng(static_cast<std::uint64_t>(options.id) * 0x9E3779B97F4A7C15U);
  Run run;
  run.id = options.id;
  run.plan.scenario = "checkout";
  run.plan.build = options.build;
  run.plan.load = options.load;
  run.state = RunState::kComplete;
  run.duration = run.measured = std::chrono::seconds(10);
  for (std::size_t i = 0; i < options.steps.size(); ++i) {
    run.plan.steps.push_back({"flow", options.steps[i]});
    StepRecord& record = run.totals.emplace_back();
    record.step = static_cast<std::uint32_t>(i);
    record.counts.planned = 1'000;
    record.completed_in_window = 1'000 - options.failed;
    record.counts.by_outcome[static_cast<std::size_t>(Outcome::kCompleted)] =
        1'000 - options.failed;
    record.counts.by_outcome[static_cast<std::size_t>(Outcome::kFailed)] = options.failed;
    const double level =
        (options.steps[i] == "pay" ? options.slower : 1) * 1e7 * std::exp(0.01 * rng.Normal());
    for (std::uint64_t n = 0; n < 1'000 - options.failed; ++n) {
      record.latency[Outcome::kCompleted].response.RecordNs(
          static_cast<std::uint64_t>(level * std::exp(0.2 * rng.Normal())), 1);
    }
  }
  return run;
}

HistoryChangeFinder Finder(const std::vector<std::string>& metrics) {
  HistoryChangeOptions options;
  for (const std::string& name : metrics) {
    options.metrics.push_back(*ParseRunMetric(name));
  }
  return HistoryChangeFinder(options);
}

TEST(HistoryChangesTest, NameStepMetricAndTheBuildThatMovedIt) {
  HistoryChangeFinder finder = Finder({"response_time.p50", "throughput"});
  for (RunId id = 1; id <= 60; ++id) {
    finder.Add(SomeRun(
        {.id = id, .build = "b" + std::to_string((id - 1) / 3), .slower = id > 30 ? 1.2 : 1}));
  }
  const HistoryChanges changes = finder.Result();
  EXPECT_EQ(changes.runs, 60U);
  EXPECT_EQ(changes.series, 6U);  // Whole run, list, pay; two metrics.
  ASSERT_FALSE(changes.changes.empty());
  bool pay = false;
  for (const HistoryChange& change : changes.changes) {
    EXPECT_NE(change.step, "list");
    EXPECT_EQ(change.metric.name, "response_time.p50");
    if (change.step == "pay") {
      pay = true;
      EXPECT_EQ(change.run, 31);
      EXPECT_EQ(change.build, "b10");
      EXPECT_LE(change.low_run, 31);
      EXPECT_GE(change.high_run, 31);
      EXPECT_NEAR(*change.point.change_ratio, 0.2, 0.02);
      EXPECT_GT(change.point.confidence, 0.99);
      EXPECT_NE(std::find(change.suspects.begin(), change.suspects.end(), "b10"),
                change.suspects.end());
      EXPECT_FALSE(change.same_build);
      EXPECT_TRUE(change.Worse());
    }
  }
  EXPECT_TRUE(pay);
}

// The step lies in the middle of one build's runs, so that the build cannot be its cause.
TEST(HistoryChangesTest, SayWhenOneBuildHasRunsOnBothSides) {
  HistoryChangeFinder finder = Finder({"response_time.p50"});
  for (RunId id = 1; id <= 40; ++id) {
    finder.Add(SomeRun({.id = id, .build = "only", .slower = id > 20 ? 0.7 : 1, .steps = {"pay"}}));
  }
  const HistoryChanges changes = finder.Result();
  EXPECT_EQ(changes.series, 1U);  // One step is the whole run.
  ASSERT_EQ(changes.changes.size(), 1U);
  EXPECT_TRUE(changes.changes[0].same_build);
  EXPECT_FALSE(changes.changes[0].Worse());
}

TEST(HistoryChangesTest, RunsUnderAnotherLoadAreAnotherHistory) {
  HistoryChangeFinder finder = Finder({"response_time.p50"});
  for (RunId id = 1; id <= 40; ++id) {
    finder.Add(SomeRun({.id = id,
                        .slower = id > 20 ? 2.0 : 1,
                        .load = id > 20 ? "900/s for 10 s" : "100/s for 10 s",
                        .steps = {"pay"}}));
  }
  EXPECT_TRUE(finder.Result().changes.empty());
  EXPECT_EQ(finder.Result().series, 2U);
}

TEST(HistoryChangesTest, ErrorsThatBeginAreAChangeWithoutARatio) {
  HistoryChangeFinder finder = Finder({"error_rate"});
  for (RunId id = 1; id <= 40; ++id) {
    finder.Add(SomeRun({.id = id,
                        .failed = id > 20 ? 50 + static_cast<std::uint64_t>(id % 3) : 0,
                        .steps = {"pay"}}));
  }
  const HistoryChanges changes = finder.Result();
  ASSERT_EQ(changes.changes.size(), 1U);
  EXPECT_EQ(changes.changes[0].run, 21);
  EXPECT_FALSE(changes.changes[0].point.change_ratio);
  EXPECT_NEAR(changes.changes[0].point.change, 0.05, 0.002);
  EXPECT_TRUE(changes.changes[0].Worse());
}

TEST(HistoryChangesTest, SmallOnesAreCountedAndNotListed) {
  HistoryChangeOptions options;
  options.metrics = {*ParseRunMetric("response_time.p50")};
  options.change_ratio_min = 0.5;
  HistoryChangeFinder finder(options);
  for (RunId id = 1; id <= 40; ++id) {
    finder.Add(SomeRun({.id = id, .slower = id > 20 ? 1.2 : 1, .steps = {"pay"}}));
  }
  EXPECT_TRUE(finder.Result().changes.empty());
  EXPECT_EQ(finder.Result().small, 1U);
}

TEST(HistoryChangesTest, InvalidAndUnfinishedRunsDoNotCount) {
  HistoryChangeFinder finder = Finder({"response_time.p50"});
  for (RunId id = 1; id <= 9; ++id) {
    finder.Add(SomeRun({.id = id}));
  }
  weir::Run invalid = SomeRun({.id = 10, .slower = 3});
  invalid.validity.emplace().grade = Grade::kInvalid;
  finder.Add(invalid);
  weir::Run killed = SomeRun({.id = 11});
  killed.state = RunState::kRunning;
  finder.Add(killed);
  const HistoryChanges changes = finder.Result();
  EXPECT_EQ(changes.runs, 0U);
  ASSERT_EQ(changes.warnings.size(), 2U);
  EXPECT_NE(changes.warnings[0].find("fewer than the 10"), std::string::npos);
  EXPECT_NE(changes.warnings[1].find("1 run was left out"), std::string::npos);
}

// A step that is new has no values before; its history begins with it, in the same run numbers.
TEST(HistoryChangesTest, AStepThatIsNewHasAHistoryOfItsOwn) {
  HistoryChangeFinder finder = Finder({"response_time.p50"});
  for (RunId id = 1; id <= 60; ++id) {
    finder.Add(SomeRun({.id = id,
                        .slower = id > 40 ? 1.3 : 1,
                        .steps = id > 20 ? std::vector<std::string>{"list", "pay"}
                                         : std::vector<std::string>{"list", "view"}}));
  }
  bool pay = false;
  for (const HistoryChange& change : finder.Result().changes) {
    pay = pay || (change.step == "pay" && change.run == 41);
  }
  EXPECT_TRUE(pay);
}

}  // namespace
}  // namespace weir::analysis
