#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <sched.h>

#include "analysis/second_blocks.h"
#include "analysis/validity.h"
#include "base/clock.h"
#include "loadgen/engine.h"
#include "scenarios/from_flags.h"
#include "target/server.h"

/// Certificates of real runs, against a real server over loopback.
namespace weir {
namespace {

using namespace std::chrono_literals;

/// A target on its own thread.
class LocalTarget {
 public:
  explicit LocalTarget(Nanos latency) {
    target::TargetOptions options;
    options.latency.typical = latency;
    server_ = *target::Server::Create(options, clock_);
    thread_ = std::thread([this] { EXPECT_TRUE(server_->Run()); });
  }

  ~LocalTarget() {
    server_->Stop();
    thread_.join();
  }

  std::string Url() const { return "http://127.0.0.1:" + std::to_string(server_->port()) + "/"; }

 private:
  SystemClock clock_;
  std::unique_ptr<target::Server> server_;
  std::thread thread_;
};

class SecondKeeper final : public RecordSink {
 public:
  void OnSecond(const SecondRecord& record) override { blocks.Add(record); }

  void OnResources(const ResourceSample&) override {}

  analysis::SecondBlocks blocks;
};

struct Measured {
  Run run;
  GeneratorEvidence evidence;
  Validity validity;
};

Measured Measure(const std::string& url, double rate_per_s, Nanos duration) {
  scenarios::FlagLoad load;
  load.url = url;
  load.connections = 16;
  load.rate = Rate::PerSecond(rate_per_s);
  load.duration = duration;
  const auto scenario = scenarios::ScenarioFromFlags(load);
  EXPECT_TRUE(scenario) << scenario.error().message;
  const SystemClock clock;
  loadgen::EngineOptions options;
  options.threads = 1;
  auto engine = loadgen::Engine::Create(*scenario, *scenario->target, options, clock);
  EXPECT_TRUE(engine) << engine.error().message;
  SecondKeeper keeper;
  loadgen::EngineResult result = (*engine)->Run(keeper);
  Measured measured;
  measured.run.plan.planned_duration = duration;
  measured.run.duration = result.duration;
  measured.run.measured = result.measured;
  measured.run.totals = std::move(result.totals);
  measured.evidence = std::move(result.evidence);
  measured.validity = analysis::JudgeValidity(
      {.run = measured.run, .generator = measured.evidence, .seconds = keeper.blocks});
  return measured;
}

/// This thread, and those that it starts, stay on one processor until the object goes.
class OnOneProcessor {
 public:
  OnOneProcessor() {
    sched_getaffinity(0, sizeof(before_), &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<unsigned>(sched_getcpu()), &one);
    EXPECT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  }

  ~OnOneProcessor() { sched_setaffinity(0, sizeof(before_), &before_); }

 private:
  cpu_set_t before_{};
};

/// Computes until the object goes.
class BusyNeighbour {
 public:
  BusyNeighbour()
      : thread_([this] {
          while (!stop_.load(std::memory_order_relaxed)) {
          }
        }) {}

  ~BusyNeighbour() {
    stop_.store(true);
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// One processor for generator, target and a neighbour that computes, and a rate that a whole one
// could not send.
TEST(CertificateTest, ASaturatedGeneratorIsInvalid) {
  const OnOneProcessor one;
  const BusyNeighbour neighbour;
  const LocalTarget target(0ns);
  const Measured measured = Measure(target.Url(), 150'000, 1s);
  EXPECT_EQ(measured.validity.grade, Grade::kInvalid)
      << "busy " << measured.evidence.worker_busy.value_or(-1) << ", idle "
      << measured.evidence.worker_idle.value_or(-1) << ", waited "
      << measured.evidence.worker_wait.value_or(-1);
  ASSERT_FALSE(measured.validity.reasons.empty());
  EXPECT_EQ(measured.validity.reasons.front().check, ValidityCheck::kSaturation)
      << measured.validity.reasons.front().text;
  EXPECT_GT(measured.evidence.worker_wait.value_or(1), 0.1);
}

// On a machine that others use too, a thread may wait some milliseconds for its turn. Beside
// answers of 100 ms and gaps of 20 ms that is little, and no reason for suspicion; beside 10 and 5
// ms it would rightly be one, and builds of others would decide what this test says.
TEST(CertificateTest, AnOrdinaryRunIsValid) {
  const LocalTarget target(100ms);
  std::string reasons;
  for (int attempt = 0; attempt < 3; ++attempt) {
    const Measured measured = Measure(target.Url(), 50, 2s);
    ASSERT_NE(measured.validity.grade, Grade::kInvalid) << measured.validity.reasons.front().text;
    EXPECT_EQ(measured.evidence.gaps.size(), 50U) << "of every other arrival";
    EXPECT_EQ(measured.validity.of(Evidence::kRateShortfall).value, 0);
    if (measured.validity.grade == Grade::kValid) {
      return;
    }
    reasons += measured.validity.reasons.front().text + "\n";
  }
  ADD_FAILURE() << reasons;
}

}  // namespace
}  // namespace weir
