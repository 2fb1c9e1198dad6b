// Whole runs of the engine against `weir target`, and what is left of them.

#include "loadgen/engine.h"

#include <cstdint>
#include <memory>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "loadgen/resources.h"
#include "tests/integration/one_worker.h"
#include "tests/loadgen/models.h"
#include "tests/target/running_server.h"

namespace weir::tests {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kMany = 2'000;

scenarios::Load ManyConnections(scenarios::Load load) {
  load.connections_max = kMany;
  return load;
}

class ManyConnectionsTest : public testing::Test {
 protected:
  void SetUp() override {
    // Both ends of each connection are in this process.
    if (loadgen::RaiseFileLimit() < 2 * kMany + 200) {
      GTEST_SKIP() << "this process may not have so many open files";
    }
  }

  // What became of the requests of a run, and that nothing went wrong with any.
  void ExpectAllAnswered(const scenarios::Scenario& scenario) {
    const SystemClock clock;
    const auto engine =
        loadgen::Engine::Create(scenario, LocalTarget(server_.server().port()), {}, clock);
    ASSERT_TRUE(engine) << engine.error().message;
    NullSink sink;
    const loadgen::EngineResult result = (*engine)->Run(sink);
    EXPECT_EQ(result.state, RunState::kComplete);
    ASSERT_EQ(result.totals.size(), 1U);
    const StepRecord& total = result.totals.front();
    EXPECT_TRUE(total.counts.Balanced());
    EXPECT_EQ(total.counts.of(Outcome::kCompleted), total.counts.planned);
    EXPECT_EQ(total.errors, decltype(total.errors)());
    EXPECT_GE(total.counts.planned, kMany);
    // The target's own count: connections beyond the run's is the one that looks whether it lives.
    const target::TruthFile truth = server_.Stop();
    EXPECT_EQ(truth.rows.size(), total.counts.planned);
    EXPECT_EQ(server_.server().counters().connections, kMany + 1);
  }

  target::RunningServer server_;
};

TEST_F(ManyConnectionsTest, CarryAnOpenLoad) {
  ExpectAllAnswered(OneStepScenario(ManyConnections(OpenLoad(4000, 1s))));
}

// As many users as connections, so that all are in use at once; a user who breaks off at the end of
// the load would leave a request unfinished, so each does one round.
TEST_F(ManyConnectionsTest, CarryAsManyUsers) {
  scenarios::Load load = ManyConnections(ClosedLoad(kMany, 10s));
  load.rounds_max = 2 * kMany;
  ExpectAllAnswered(OneStepScenario(load));
}

TEST(EngineTest, CountsWithoutHistogramsAreTheSameCounts) {
  target::RunningServer server;
  const SystemClock clock;
  loadgen::EngineOptions options;
  options.recording = loadgen::Recording::kCountsOnly;
  const auto engine = loadgen::Engine::Create(OneStepScenario(OpenLoad(500, 200ms)),
                                              LocalTarget(server.server().port()), options, clock);
  ASSERT_TRUE(engine) << engine.error().message;
  NullSink sink;
  const loadgen::EngineResult result = (*engine)->Run(sink);
  ASSERT_EQ(result.totals.size(), 1U);
  EXPECT_EQ(result.totals.front().counts.of(Outcome::kCompleted), 100U);
  EXPECT_GT(result.totals.front().bytes_received, 0U);
  EXPECT_TRUE(result.totals.front().latency.empty());
  EXPECT_TRUE(result.totals.front().parts.empty());
}

}  // namespace
}  // namespace weir::tests
