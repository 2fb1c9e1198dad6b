#include "scenarios/scenario.h"

#include <chrono>

#include <gtest/gtest.h>

namespace weir::scenarios {
namespace {

using namespace std::chrono_literals;

OpenStage Open(double from, double to, Nanos duration) {
  return {Rate::PerSecond(from), Rate::PerSecond(to), duration};
}

Request Named(std::string name) {
  Request request;
  request.name = std::move(name);
  return request;
}

TEST(ScenarioTest, DurationIsTheSumOfTheStages) {
  Scenario scenario;
  scenario.load.stages = {Open(5, 5, 30s), Open(5, 10, 1min)};
  EXPECT_EQ(scenario.Duration(), 90s);
  EXPECT_TRUE(scenario.IsOpen());
}

TEST(ScenarioTest, ALoadIsSteadyFromItsLastLevelOn) {
  Load load;
  load.stages = {Open(5, 5, 30s), Open(5, 5, 10s)};
  EXPECT_EQ(load.SteadyFrom(), 0s);
  load.stages = {Open(0, 5, 30s), Open(5, 5, 10s), Open(5, 5, 20s)};
  EXPECT_EQ(load.SteadyFrom(), 30s);
  load.stages = {ClosedStage{5, 5, 30s}, ClosedStage{6, 6, 10s}};
  EXPECT_EQ(load.SteadyFrom(), 30s);
  load.stages = {Open(5, 5, 30s), Open(5, 10, 10s)};
  EXPECT_FALSE(load.SteadyFrom());
}

Part PartOf(std::string name, Nanos start, std::vector<Stage> stages) {
  Part part;
  part.name = std::move(name);
  part.start = start;
  part.load.stages = std::move(stages);
  return part;
}

TEST(ScenarioTest, OfSeveralLoadsEndsWithTheLastOne) {
  Scenario scenario;
  scenario.parts = {PartOf("browse", 0s, {Open(5, 5, 30s)}),
                    PartOf("spike", 25s, {Open(5, 9, 5s), Open(9, 9, 3s)})};
  EXPECT_EQ(scenario.Duration(), 33s);
  EXPECT_TRUE(scenario.IsOpen());
  scenario.parts.push_back(PartOf("buy", 1s, {ClosedStage{1, 1, 3s}}));
  EXPECT_EQ(scenario.Duration(), 33s);
  EXPECT_FALSE(scenario.IsOpen());
  EXPECT_FALSE(scenario.CountsRounds());
  scenario.parts[2].load.rounds_max = 3;
  EXPECT_TRUE(scenario.CountsRounds());
}

// A load that begins or ends is a change of the sum.
TEST(ScenarioTest, OfSeveralLoadsIsSteadyWhenNoneOfThemChanges) {
  Scenario scenario;
  scenario.parts = {PartOf("browse", 0s, {Open(0, 5, 10s), Open(5, 5, 50s)}),
                    PartOf("spike", 25s, {Open(5, 9, 5s)})};
  EXPECT_EQ(scenario.SteadyFrom(), 30s);
  scenario.parts[1].start = 2s;
  EXPECT_EQ(scenario.SteadyFrom(), 10s);
  scenario.parts.push_back(PartOf("buy", 40s, {ClosedStage{1, 1, 20s}}));
  EXPECT_EQ(scenario.SteadyFrom(), 40s);
  scenario.parts.push_back(PartOf("more", 50s, {ClosedStage{1, 2, 10s}}));
  EXPECT_FALSE(scenario.SteadyFrom());
}

TEST(ScenarioTest, OfSeveralLoadsNamesEachInWords) {
  Scenario scenario;
  scenario.parts = {PartOf("browse", 0s, {Open(100, 100, 10min)}),
                    PartOf("buy", 2min, {ClosedStage{20, 20, 8min}})};
  EXPECT_EQ(scenario.LoadInWords(),
            "browse: 100/s uniform for 10 min; buy from 2 min on: 20 users for 8 min");
  for (int i = 0; i < 5; ++i) {
    scenario.parts.push_back(PartOf("more", 0s, {Open(1, 1, 1s)}));
  }
  EXPECT_TRUE(scenario.LoadInWords().ends_with("; 1 more, 10 min in all"))
      << scenario.LoadInWords();
}

TEST(ScenarioTest, StepNamesLeaveOutPauses) {
  Scenario scenario;
  scenario.flows = {{"browse", 1, {Named("list"), Think(), Named("show")}},
                    {"buy", 1, {Named("cart")}}};
  const std::vector<StepName> expected = {{"browse", "list"}, {"browse", "show"}, {"buy", "cart"}};
  EXPECT_EQ(scenario.StepNames(), expected);
}

TEST(ScenarioTest, LoadIsNamedInWords) {
  Scenario scenario;
  scenario.load.stages = {Open(5000, 5000, 30s)};
  EXPECT_EQ(scenario.LoadInWords(), "5,000/s uniform for 30 s");
  scenario.load.arrivals = Arrivals::kPoisson;
  scenario.load.stages = {Open(0, 500, 90s), Open(500, 500, 1h)};
  EXPECT_EQ(scenario.LoadInWords(), "0.00/s to 500/s poisson in 90 s, then 500/s poisson for 1 h");
  scenario.load.stages = {ClosedStage{0, 50, 10s}, ClosedStage{1, 1, 250ms}};
  EXPECT_EQ(scenario.LoadInWords(), "0 to 50 users in 10 s, then 1 user for 250 ms");
}

TEST(ScenarioTest, LongLoadsAreCutInWords) {
  Scenario scenario;
  scenario.load.stages.assign(6, ClosedStage{5, 5, 1min});
  EXPECT_EQ(scenario.LoadInWords(),
            "5 users for 1 min, then 5 users for 1 min, then 5 users for 1 min, "
            "then 5 users for 1 min, then 2 more stages, 6 min in all");
}

TEST(TargetTest, UrlLeavesOutTheDefaultPort) {
  EXPECT_EQ((Target{Target::Scheme::kHttp, "shop", 80, "/api"}.Url()), "http://shop/api");
  EXPECT_EQ((Target{Target::Scheme::kHttps, "shop", 443, ""}.Url()), "https://shop");
  EXPECT_EQ((Target{Target::Scheme::kHttps, "shop", 80, ""}.Url()), "https://shop:80");
}

TEST(TargetTest, HostHeaderPutsIpv6InBrackets) {
  EXPECT_EQ((Target{Target::Scheme::kHttp, "::1", 8080, "/x"}.HostHeader()), "[::1]:8080");
  EXPECT_EQ((Target{Target::Scheme::kHttp, "::1", 80, ""}.HostHeader()), "[::1]");
}

}  // namespace
}  // namespace weir::scenarios
