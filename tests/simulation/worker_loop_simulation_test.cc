#include <charconv>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/loadgen/models.h"
#include "tests/simulation/simulated_run.h"

namespace weir::tests {
namespace {

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

INSTANTIATE_TEST_SUITE_P(Seeds, WorkerLoopSimulationTest, testing::Range<std::uint64_t>(0, 8));

}  // namespace
}  // namespace weir::tests
