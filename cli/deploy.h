#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/canary.h"
#include "base/clock.h"
#include "base/gate_policy.h"
#include "base/result.h"
#include "base/time.h"
#include "base/verdict.h"
#include "cli/deploy_case.h"
#include "cli/flags.h"
#include "loadgen/engine.h"
#include "monitor/events.h"
#include "monitor/rollout.h"
#include "scenarios/scenario.h"
#include "scenarios/target.h"

/// The parts of `weir deploy watch`.
namespace weir::cli {

/// What hooks are told, as environment variables WEIR_SERVICE, WEIR_BUILD, ...: never as part of a
/// command line.
struct HookFacts {
  monitor::EventSubject subject;
  std::string stable_url;
  std::string canary_url;
  std::string verdict;
  std::string reason;
};

/// A program that is run when something is decided; no shell.
class ExecHook {
 public:
  /// Reads a command line (scenarios::ParseCommandLine) and finds the program. Errors: kUsage,
  /// kUnavailable.
  static Result<ExecHook> Parse(const std::string& line);

  /// Runs it and waits, at most kTimeout. Errors: kUnavailable, with what it wrote.
  Status Run(const HookFacts& facts, const Clock& clock) const;

  static constexpr Nanos kTimeout = std::chrono::minutes(1);

 private:
  std::string line_;
  std::vector<std::string> argv_;
};

/// All that can be set off by a confirmed fail; what is empty is not wanted.
struct RollbackTriggers {
  std::optional<ExecHook> exec;
  std::string webhook_url;
  std::string webhook_key;  ///< Signs; empty: not signed.
  std::string alertmanager_url;
  std::string events_url;
  std::string event_source = "/weir";
};

/// What became of a trigger.
struct TriggerResult {
  std::string name;  ///< "exec", "webhook", "alertmanager", "incident", "rolledback".
  Status done;
};

/// Sets off every trigger, the program first, then the messages; none keeps the next from being
/// tried. That it was rolled back is told only when the program said so. Blocks.
std::vector<TriggerResult> Fire(const RollbackTriggers& triggers, const HookFacts& facts,
                                const Clock& clock);

/// What the command line says, checked.
struct WatchOrder {
  scenarios::Scenario scenario;
  std::array<scenarios::Target, 2> targets;  ///< Stable, canary.
  loadgen::EngineOptions engine;
  analysis::CanaryRule rule;
  monitor::RolloutRules rollout;
  RollbackTriggers triggers;
  std::optional<ExecHook> promote;
  HookFacts facts;
  Nanos cooldown = std::chrono::minutes(10);
  std::string store_path;
  bool dry_run = false;
  bool quiet = false;
  GivenFile policy;  ///< Sealed with the verdict; empty = none.
  OnFail on_fail = OnFail::kRollback;
  OnInconclusive on_inconclusive = OnInconclusive::kHold;
};

/// Reads --policy into the order, if it is given: the tolerances of the criteria body and error
/// rate, alpha, what follows from a fail or from no decision, dry run. Flags that are given win
/// over it. Errors: as ReadGatePolicy, and kUsage for what a watch cannot keep: other criteria,
/// limits, a total score, waivers, reruns.
Status ReadWatchPolicy(const ParsedFlags& flags, WatchOrder& order);

/// `weir deploy list`: rollouts as the history has them, newest first.
int DeployListMain(const Arguments& arguments);

enum class WatchEnding : std::uint8_t { kUndecided, kPassed, kWorse };

/// What came of a watch.
struct WatchOutcome {
  WatchEnding ending = WatchEnding::kUndecided;
  std::string reason = "neither worse nor surely as good when the time was over";
  monitor::Rollout::Phase phase = monitor::Rollout::Phase::kCanary;
  std::uint32_t seconds = 0;
  std::optional<std::uint32_t> first_worse_s;  ///< First second that was worse by the tolerance.
  bool fired = false;
  std::string not_fired;  ///< Why not, of one that is worse.
  std::vector<TriggerResult> triggers;
  std::vector<GateCheck> checks;
  std::vector<std::int64_t> verdicts;  ///< As which it was recorded: at the promotion, at the end.
  bool interrupted = false;
};

/// Sends the load until the rollout has come to an end, the load to its, or a signal; acts on what
/// it sees. Errors: kUsage and kUnavailable, as Engine::CreatePair.
Result<WatchOutcome> WatchRollout(const WatchOrder& order, const Clock& clock);

/// Schema "weir.deploy_watch/1".
std::string WatchJson(const WatchOrder& order, const WatchOutcome& outcome);

/// For a terminal.
std::string WatchText(const WatchOutcome& outcome);

}  // namespace weir::cli
