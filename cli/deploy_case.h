#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/canary.h"
#include "base/result.h"
#include "base/time.h"
#include "base/verdict.h"
#include "cli/gate_case.h"
#include "monitor/rollout.h"

/// Everything that a verdict of `weir deploy watch` rests on, as one value: what is judged,
/// recorded in the chain of verdicts, and judged again by `weir gate replay`. What GateCase is for
/// the gate.
namespace weir::cli {

/// The decisive comparison: the seconds since the test began (or began anew with the promotion),
/// and what was done about them.
struct WatchCase {
  GivenFile policy;
  std::string service;
  std::string build;
  std::string environment;
  std::string stable_url;
  std::string canary_url;
  analysis::CanaryRule rule;
  monitor::RolloutRules rollout;
  monitor::Rollout::Phase phase = monitor::Rollout::Phase::kCanary;
  bool window_over = false;  ///< The time after the promotion came to its end.
  std::vector<analysis::CanarySecond> seconds;
  std::uint64_t seconds_left_out = 0;  ///< Beyond kWatchSecondsKept; then it cannot be replayed.
  GateAction action = GateAction::kHold;
  std::string did;  ///< What was done, or why not, one sentence.
  WallTime decided_at{};
};

/// Two hours; in the record some 60 bytes each.
inline constexpr std::size_t kWatchSecondsKept = 7'200;

/// Where the test stands after the seconds of a case.
struct WatchEvidence {
  std::vector<GateCheck> checks;
  Verdict verdict = Verdict::kInconclusive;  ///< Of the last look.
  int fails_in_a_row = 0;                    ///< Looks up to the last one.
};

/// Adds the look after `verdict` to the evidence.
void Follow(Verdict verdict, WatchEvidence& evidence);

/// From the seconds of the case. Pure; needs that none was left out.
WatchEvidence EvidenceOf(const WatchCase& watch);

/// The verdict on the case: fail when it failed in so many looks in a row as count, pass when it
/// passed or the window after the promotion is over without that, else inconclusive. No runs are
/// named; design "canary". Pure.
GateResult ResultOf(const WatchCase& watch, const WatchEvidence& evidence);

/// The case as JSON, schema "weir.deploy_inputs/1".
std::string WatchInputsText(const WatchCase& watch);

/// What WatchInputsText says.
struct ReadWatch {
  WatchCase watch;
  std::string weir_version;
};

/// No value for a text that WatchInputsText did not write.
std::optional<ReadWatch> ParseWatchInputs(const std::string& text);

/// Adds the verdict to the history at `path`, in the chain of the gate's; its number. Errors:
/// kUnavailable.
Result<std::int64_t> RecordWatch(const std::string& path, const WatchCase& watch,
                                 const WatchEvidence& evidence);

}  // namespace weir::cli
