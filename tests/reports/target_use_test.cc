#include "reports/internal/target_use.h"

#include <gtest/gtest.h>

#include "reports/run_text.h"
#include "tests/reports/synthetic_runs.h"
#include "tests/support/golden.h"

namespace weir::reports {
namespace {

// 20 s of one step: 1,000 requests of which 10 were never sent.
Run WatchedRun(std::vector<TargetMetric> metrics) {
  Run run;
  run.duration = run.measured = std::chrono::seconds(20);
  StepRecord& total = run.totals.emplace_back();
  total.counts.planned = 1000;
  total.counts.by_outcome[static_cast<std::size_t>(Outcome::kCompleted)] = 990;
  total.counts.by_outcome[static_cast<std::size_t>(Outcome::kDropped)] = 10;
  run.target_metrics = std::move(metrics);
  return run;
}

TargetMetric Counter(std::uint32_t from, std::uint32_t to, double first, double last) {
  return {"process_cpu_s", 5, from, to, first, last, first, last};
}

TEST(TargetUseTest, ACounterIsItsGrowthPerSecondAndPerRequestSent) {
  const weir::Run run = WatchedRun({Counter(0, 20, 3, 4.98)});
  const TargetUse use = TargetUses(run).at(0);
  EXPECT_NEAR(*use.total, 1.98, 1e-9);
  EXPECT_NEAR(*use.per_s, 0.099, 1e-9);
  EXPECT_NEAR(*use.per_request, 0.002, 1e-9);
  EXPECT_EQ(use.reason, "");
}

// Requests before and after would count, but not what they used.
TEST(TargetUseTest, ACounterThatWasNotSeenToTheEndHasNoShareOfARequest) {
  for (const auto& [from, to] : {std::pair(0U, 12U), std::pair(3U, 20U)}) {
    const weir::Run run = WatchedRun({Counter(from, to, 0, 1)});
    const TargetUse use = TargetUses(run).at(0);
    EXPECT_TRUE(use.per_s);
    EXPECT_FALSE(use.per_request);
    EXPECT_NE(use.reason.find("of 20 only"), std::string::npos) << use.reason;
  }
}

TEST(TargetUseTest, ACounterThatWasSetBackIsUnknown) {
  const weir::Run run = WatchedRun({Counter(0, 20, 5, 1)});
  const TargetUse use = TargetUses(run).at(0);
  EXPECT_FALSE(use.total);
  EXPECT_FALSE(use.per_s);
  EXPECT_NE(use.reason, "");
}

TEST(TargetUseTest, UnitsFollowFromNames) {
  EXPECT_EQ(TargetUnitOf("process_cpu_s"), TargetUnit::kSeconds);
  EXPECT_EQ(TargetUnitOf("cgroup_throttled_s_total"), TargetUnit::kSeconds);
  EXPECT_EQ(TargetUnitOf("node_cpu_seconds_total{mode=\"user\"}"), TargetUnit::kSeconds);
  EXPECT_EQ(TargetUnitOf("node_network_receive_bytes_total"), TargetUnit::kBytes);
  EXPECT_EQ(TargetUnitOf("jobs_total"), TargetUnit::kNumber);
  EXPECT_EQ(TargetUnitOf("threads"), TargetUnit::kNumber);
}

TEST(TargetTextTest, IsATableBelowTheGenerator) {
  weir::Run run = SyntheticRun({.id = 17, .build = "b7"}).run;
  run.target_metrics = {{"process_cpu_s", 31, 0, 30, 1, 3.31, 1, 3.31},
                        {"process_memory_bytes", 31, 0, 30, 1e8, 1.48e8, 1e8, 1.51e8},
                        {"http_requests_total{code=\"200\"}", 13, 0, 12, 5, 5005, 5, 5005}};
  const std::string text = RenderRunText(run);
  EXPECT_TRUE(
      tests::MatchesGolden(text.substr(text.find("\ntarget\n")), "reports/run_target_80.txt"));
}

}  // namespace
}  // namespace weir::reports
