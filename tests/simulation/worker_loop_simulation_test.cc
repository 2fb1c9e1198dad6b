#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/loadgen/models.h"
#include "tests/simulation/simulated_run.h"

namespace weir::tests {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSeedsPerCase = 400;

std::optional<std::uint64_t> WantedSeed() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): read once, before any thread.
  const char* text = std::getenv("WEIR_SEED");
  if (text == nullptr) {
    return std::nullopt;
  }
  const std::string_view digits(text);
  std::uint64_t seed = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), seed);
  return seed;
}

class WorkerLoopSimulationTest : public testing::TestWithParam<std::uint64_t> {};

// Cases only so that they run side by side; WEIR_SEED=n replays one seed.
TEST_P(WorkerLoopSimulationTest, KeepsItsPromisesForEverySeed) {
  const std::optional<std::uint64_t> wanted = WantedSeed();
  const std::uint64_t first = wanted.value_or(GetParam() * kSeedsPerCase);
  const std::uint64_t end = wanted ? first + 1 : first + kSeedsPerCase;
  std::uint64_t planned = 0;
  for (std::uint64_t seed = first; seed < end; ++seed) {
    SimulatedRun run(PlanOf(seed));
    run.Run();
    planned += run.planned();
    ASSERT_FALSE(HasFailure()) << "replay with WEIR_SEED=" << seed;
  }
  // A simulation in which nothing happens proves nothing.
  EXPECT_TRUE(wanted || planned > kSeedsPerCase * 10);
}

// Every worker begins its share of the rounds, no more and no fewer, whatever breaks meanwhile; and
// the load is over with them, long before its stages are.
TEST(WorkerLoopRoundsTest, TheLoadEndsWhenItsRoundsHaveBeenGone) {
  for (const std::uint32_t index : {0U, 1U, 2U}) {
    SimulationPlan plan;
    plan.seed = index;
    plan.scenario = OneStepScenario(ClosedLoad(4, std::chrono::hours(1)));
    plan.scenario.load.rounds_max = 101;
    plan.slice = {index, 3};
    plan.target.connections_max = 2;
    plan.target.reset = 0.2;
    plan.target.never_answers = 0.05;
    SimulatedRun run(plan);
    run.Run();
    EXPECT_EQ(run.planned(), index < 2 ? 34U : 33U);
  }
}

void AddPart(scenarios::Scenario& scenario, Nanos start, scenarios::Load load) {
  scenarios::Part& part = scenario.parts.emplace_back();
  part.start = start;
  part.load = std::move(load);
  part.flow_first = static_cast<std::uint32_t>(scenario.flows.size());
  scenarios::Flow& flow = scenario.flows.emplace_back();
  flow.actions = {GetStep("step " + std::to_string(part.flow_first))};
}

TEST_P(WorkerLoopSimulationTest, KeepsItsPromisesForSeveralLoadsToo) {
  const std::optional<std::uint64_t> wanted = WantedSeed();
  const std::uint64_t first = wanted.value_or(GetParam() * kSeedsPerCase / 4);
  const std::uint64_t end = wanted ? first + 1 : first + kSeedsPerCase / 4;
  std::uint64_t planned = 0;
  for (std::uint64_t seed = first; seed < end; ++seed) {
    SimulatedRun run(PartsPlanOf(seed));
    run.Run();
    planned += run.planned();
    ASSERT_FALSE(HasFailure()) << "replay with WEIR_SEED=" << seed;
  }
  EXPECT_TRUE(wanted || planned > kSeedsPerCase * 10 / 4);
}

// To the request, on however many workers; and to the nanosecond, because nothing is late here.
TEST(WorkerLoopPartsTest, EachLoadBeginsAtItsStartAndSendsItsCount) {
  for (const std::uint32_t count : {1U, 3U}) {
    std::vector<std::uint64_t> planned(4);
    std::vector<Nanos> starts(4, Nanos::max());
    for (std::uint32_t index = 0; index < count; ++index) {
      SimulationPlan plan;
      plan.seed = 5;
      plan.slice = {index, count};
      plan.scenario = OneStepScenario({});
      plan.scenario.flows.clear();
      AddPart(plan.scenario, 0s, OpenLoad(100, 10s));
      AddPart(plan.scenario, 5s + 3ns, OpenLoad(400, 1s));
      AddPart(plan.scenario, 2s, ClosedLoad(7, 8s));
      plan.scenario.parts[2].load.rounds_max = 57;
      AddPart(plan.scenario, 3s, OpenLoad({OpenRamp(0, 40, 5s)}));
      plan.target.connections_max = 1'000'000;
      SimulatedRun run(plan);
      run.Run();
      for (std::uint32_t step = 0; step < 4; ++step) {
        planned[step] += run.planned(step);
        starts[step] = std::min(starts[step], run.FirstStartOf(step));
      }
    }
    EXPECT_EQ(planned, (std::vector<std::uint64_t>{1000, 400, 57, 100})) << count << " workers";
    EXPECT_EQ(starts, (std::vector<Nanos>{0s, 5s + 3ns, 2s, 3s})) << count << " workers";
  }
}

// Users who go on until their stages end begin nothing afterwards, while others do.
TEST(WorkerLoopPartsTest, UsersOfALoadLeaveWhenItsStagesEnd) {
  SimulationPlan plan;
  plan.scenario = OneStepScenario({});
  plan.scenario.flows.clear();
  AddPart(plan.scenario, 1s, ClosedLoad(4, 2s));
  AddPart(plan.scenario, 0s, OpenLoad(10, 20s));
  plan.target.connections_max = 1'000'000;
  SimulatedRun run(plan);
  run.Run();
  // A round takes the 5 ms of its answer; four users for two seconds.
  EXPECT_EQ(run.planned(0), 4U * 400);
  EXPECT_EQ(run.planned(1), 200U);
}

// The run is over with what is left of it: rounds that have been gone do not hold it up.
TEST(WorkerLoopPartsTest, TheRunEndsWithTheLastLoadThatHasSomethingLeft) {
  SimulationPlan plan;
  plan.scenario = OneStepScenario({});
  plan.scenario.flows.clear();
  AddPart(plan.scenario, 0s, ClosedLoad(2, std::chrono::hours(1)));
  plan.scenario.parts[0].load.rounds_max = 30;
  AddPart(plan.scenario, 1s, OpenLoad(10, 4s));
  plan.target.connections_max = 2;
  SimulatedRun run(plan);
  run.Run();
  EXPECT_EQ(run.planned(0), 30U);
  EXPECT_EQ(run.planned(1), 40U);
  EXPECT_LT(run.duration(), 6s);
}

INSTANTIATE_TEST_SUITE_P(Seeds, WorkerLoopSimulationTest, testing::Range<std::uint64_t>(0, 8));

}  // namespace
}  // namespace weir::tests
