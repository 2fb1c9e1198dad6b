#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/rng.h"
#include "base/run.h"
#include "loadgen/worker_loop.h"
#include "scenarios/scenario.h"
#include "tests/simulation/scripted_transport.h"
#include "tests/simulation/shadow_log.h"
#include "tests/support/manual_clock.h"

namespace weir::tests {

/// One simulated run, in all its particulars.
struct SimulationPlan {
  std::uint64_t seed = 0;
  scenarios::Scenario scenario;
  TransportScript target;
  loadgen::WorkerSlice slice;
  Nanos lateness_mean{0};           ///< Of the worker's own wake-ups.
  double stall = 0;                 ///< Share of turns after which the worker sleeps up to 2 s.
  double swap_refused = 0;          ///< Share of hand-overs that get their own set back.
  std::optional<Nanos> stop_after;  ///< Since the start.
  bool due_known = false;
  bool never_waits = false;
};

/// The plan that belongs to a seed: any mix of load, flows, target and trouble.
SimulationPlan PlanOf(std::uint64_t seed);

/// The same with two to four loads that begin at different times, rates and users mixed.
SimulationPlan PartsPlanOf(std::uint64_t seed);

/// Collects what the worker hands over, as the engine does.
class CollectingExchange final : public loadgen::RecordExchange {
 public:
  CollectingExchange(std::uint32_t step_count, bool with_warm_up, double refused,
                     std::uint64_t seed);

  std::unique_ptr<loadgen::RecordSet> Swap(std::unique_ptr<loadgen::RecordSet> full) override;
  void Last(std::unique_ptr<loadgen::RecordSet> full) override;

  bool closed() const { return closed_; }

  const std::vector<StepRecord>& totals() const { return totals_; }

  /// Requests that ended well, by the second of the record they were booked in.
  const std::map<std::uint32_t, std::uint64_t>& completed_by_second() const {
    return completed_by_second_;
  }

 private:
  void Take(loadgen::RecordSet& full);

  std::unique_ptr<loadgen::RecordSet> spare_;
  std::vector<StepRecord> totals_;
  std::map<std::uint32_t, std::uint64_t> completed_by_second_;
  std::uint32_t last_second_ = 0;
  const double refused_;
  Rng rng_;
  bool closed_ = false;
};

/// Drives a worker through a plan on a fake clock and checks, after every turn and at the end,
/// what must always hold. Fails the current test where it does not.
class SimulatedRun {
 public:
  explicit SimulatedRun(const SimulationPlan& plan);

  void Run();

  std::uint64_t planned() const;

  /// The same of one step.
  std::uint64_t planned(std::uint32_t step) const;

  /// Since the start; after everything else if it never started.
  Nanos FirstStartOf(std::uint32_t step) const { return shadow_.FirstStartOf(step) - start_; }

  /// How long the load took to its last answer.
  Nanos duration() const { return loop_.finished_at() - start_; }

 private:
  void Turn();
  void Pass(Instant next);
  void CheckAfterTurn(Instant turn, Instant next) const;
  void CheckAlways() const;
  void CheckEnd() const;
  Nanos Lateness();

  const SimulationPlan plan_;
  const loadgen::PreparedScenario prepared_;
  ManualClock clock_;
  const Instant start_;
  Rng rng_;
  ShadowLog shadow_;
  CollectingExchange records_;
  ScriptedTransport transport_;
  loadgen::WorkerLoop loop_;
  bool stopped_ = false;
};

}  // namespace weir::tests
