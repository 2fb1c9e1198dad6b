#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/record_sink.h"
#include "base/result.h"
#include "base/run.h"
#include "base/validity.h"
#include "loadgen/pacing.h"
#include "loadgen/recorder.h"
#include "scenarios/scenario.h"

namespace weir::loadgen {

class RequestLog;
class ScriptHost;

/// How to generate load, apart from what the scenario says.
struct EngineOptions {
  /// Load-generating threads; 0 = one for each processor that this process may use. One does some
  /// 200,000 requests per second; more than there are processors only add lateness. At most 256;
  /// fewer are used when there are fewer connections or users.
  std::uint32_t threads = 0;

  /// Each thread stays on one of the processors, in turn: less noise on a machine of one's own,
  /// more where others compute too.
  bool pin = false;

  Pacing pacing = Pacing::kHybrid;

  /// Requests may be sent this much late, so that one wake-up serves several: costs less, and
  /// shows as send lag. 0 = as precise as the pacing can. 0..100 ms.
  Nanos lag_budget{0};

  /// Of arrivals, think times and the choice of flows. The same seed gives the same plan.
  std::uint64_t seed = 1;

  /// No run of weir leaves the histograms out: a yardstick for what they cost.
  Recording recording = Recording::kFull;

  /// Makes the requests, for as many threads as there will be; outlives the engine. Null: the
  /// scenario has them.
  ScriptHost* script = nullptr;

  /// Where what is sent is written down; outlives the engine. Null: nowhere.
  RequestLog* request_log = nullptr;
};

/// What a run came to. Sums only: its size does not depend on the length of the run.
struct EngineResult {
  RunState state = RunState::kComplete;
  std::string state_reason;
  WallTime started_at{};
  Nanos duration{0};
  Nanos measured{0};
  std::vector<StepRecord> totals;
  double cpu_s = 0;
  std::uint64_t rss_bytes_max = 0;

  /// Of programs: what they used and nobody could tell, and how the first one failed.
  std::vector<UnknownUsage> unknown_usage;
  std::string first_failure;

  /// What the generator knows of its own work: for analysis::JudgeValidity.
  GeneratorEvidence evidence;

  /// Some request was answered, rightly or wrongly. If not, the target is not to be had.
  bool answered = false;
};

/// Replays a scenario against a target and measures it.
///
/// Life: Create (resolves the host and makes one connection, so that a dead target is known
/// before anything is recorded), Run once, Stop at any time.
/// Thread rule: one thread owns it; Stop may be called from any thread and from signal handlers.
class Engine {
 public:
  /// Errors: kUsage (regular expressions, files and ciphers of TLS, a pool that the protocol does
  /// not have), kUnavailable (host, target, its TLS, descriptors); the message is for the user.
  static Result<std::unique_ptr<Engine>> Create(const scenarios::Scenario& scenario,
                                                const scenarios::Target& target,
                                                const EngineOptions& options, const Clock& clock);

  /// Against two targets at once: each arrival of the load is sent to both, one right after the
  /// other, by the same worker; which is first is random. Per target as many connections as the
  /// load allows; in_flight_max counts both. Open loads only. Errors: as Create, and kUsage.
  static Result<std::unique_ptr<Engine>> CreatePair(const scenarios::Scenario& scenario,
                                                    const std::array<scenarios::Target, 2>& targets,
                                                    const EngineOptions& options,
                                                    const Clock& clock);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Runs the load to its end, or to Stop. Calls `sink` on this thread, once a second; blocks
  /// meanwhile. Checks the accounting identity at the end and aborts the program if it does not
  /// hold.
  EngineResult Run(RecordSink& sink);

  /// Of an engine of CreatePair, in place of Run: records and results by target. Both results have
  /// the whole evidence and resources of the generator.
  std::array<EngineResult, 2> RunPair(const std::array<RecordSink*, 2>& sinks);

  void Stop();

 private:
  class Impl;
  explicit Engine(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::loadgen
