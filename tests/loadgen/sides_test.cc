#include "loadgen/sides.h"

#include <gtest/gtest.h>

#include "scenarios/from_flags.h"
#include "scenarios/target.h"

namespace weir::loadgen {
namespace {

using namespace std::chrono_literals;

scenarios::Scenario Open(double rate_per_s) {
  scenarios::FlagLoad load;
  load.url = "http://localhost:1/a?b";
  load.rate = Rate::PerSecond(rate_per_s);
  return *scenarios::ScenarioFromFlags(load);
}

std::array<scenarios::Target, 2> Targets() {
  return {*scenarios::ParseTarget("http://old:80"), *scenarios::ParseTarget("http://new:80")};
}

TEST(PreparePairTest, SendsTheSameRequestsToBothTargets) {
  const auto pair = PreparePair(Open(10), Targets());
  ASSERT_TRUE(pair) << pair.error().message;
  ASSERT_EQ(pair->requests.size(), 2U);
  ASSERT_EQ(pair->flows.size(), 2U);
  EXPECT_EQ(pair->sides, 2U);
  EXPECT_EQ(pair->flow_count(), 1U);
  EXPECT_EQ(pair->step_count, 2U);
  for (std::uint32_t side = 0; side < 2; ++side) {
    const PreparedRequest& request = pair->requests[side];
    EXPECT_EQ(request.side, side);
    EXPECT_EQ(request.step, side);
    EXPECT_EQ(request.bytes.find("GET /a?b HTTP/1.1\r\n"), 0U);
    EXPECT_NE(request.bytes.find(side == 0 ? "old" : "new"), std::string::npos);
    EXPECT_EQ(std::get<std::uint32_t>(pair->flows[side].actions.at(0)), side);
  }
}

TEST(PreparePairTest, RefusesAClosedLoad) {
  scenarios::FlagLoad load;
  load.url = "http://localhost:1/";
  const auto pair = PreparePair(*scenarios::ScenarioFromFlags(load), Targets());
  ASSERT_FALSE(pair);
  EXPECT_EQ(pair.error().kind, ErrorKind::kUsage);
}

/// Keeps what it is told.
struct KeepingSink final : RecordSink {
  void OnSecond(const SecondRecord& record) override { seconds.push_back(record); }

  void OnResources(const ResourceSample&) override { ++resources; }

  std::vector<SecondRecord> seconds;
  int resources = 0;
};

StepRecord Planned(std::uint32_t step, std::uint64_t planned) {
  StepRecord record;
  record.step = step;
  record.counts.planned = planned;
  return record;
}

TEST(SideSplitterTest, GivesEachSideItsOwnStepsUnderTheirOwnNumbers) {
  KeepingSink baseline;
  KeepingSink candidate;
  SideSplitter splitter({&baseline, &candidate}, 2);
  splitter.OnSecond({7, {Planned(0, 1), Planned(3, 4), Planned(1, 2), Planned(2, 3)}});
  splitter.OnResources({});
  ASSERT_EQ(baseline.seconds.size(), 1U);
  ASSERT_EQ(candidate.seconds.size(), 1U);
  EXPECT_EQ(candidate.seconds[0].second, 7U);
  const auto& own = candidate.seconds[0].steps;
  ASSERT_EQ(own.size(), 2U);
  EXPECT_EQ(own[0].step, 1U);
  EXPECT_EQ(own[0].counts.planned, 4U);
  EXPECT_EQ(own[1].step, 0U);
  EXPECT_EQ(own[1].counts.planned, 3U);
  EXPECT_EQ(baseline.seconds[0].steps[1].counts.planned, 2U);
  EXPECT_EQ(baseline.resources + candidate.resources, 2);
}

TEST(SplitResultTest, KnowsWhichSideWasNeverAnswered) {
  EngineResult result;
  result.answered = true;
  result.totals = {Planned(0, 5), Planned(1, 5)};
  result.totals[0].counts.by_outcome[static_cast<std::size_t>(Outcome::kCompleted)] = 5;
  result.totals[1].counts.by_outcome[static_cast<std::size_t>(Outcome::kFailed)] = 5;
  const auto split = SplitResult(result, 1);
  EXPECT_TRUE(split[0].answered);
  EXPECT_FALSE(split[1].answered);
  EXPECT_EQ(split[1].totals[0].step, 0U);
}

}  // namespace
}  // namespace weir::loadgen
