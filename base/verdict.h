#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/run.h"

namespace weir {

/// The answer of a gate. Order of severity for combining: fail > inconclusive > warn > pass.
/// Persisted: never renumber.
enum class Verdict : std::uint8_t { kPass = 0, kWarn = 1, kInconclusive = 2, kFail = 3 };

/// "pass", "warn", "inconclusive", "fail".
std::string_view VerdictName(Verdict verdict);

constexpr Verdict Worse(Verdict a, Verdict b) {
  return a > b ? a : b;
}

/// What follows from a verdict under the actions of its policy. Persisted: never renumber.
enum class GateAction : std::uint8_t {
  kProceed = 0,
  kHold = 1,      ///< Neither on nor back: somebody has to look.
  kBlock = 2,     ///< The candidate does not go on.
  kRerun = 3,     ///< Record more runs of the candidate and ask again.
  kConfirm = 4,   ///< It failed; fresh runs must fail again before it counts.
  kRollback = 5,  ///< The candidate goes back.
};

/// "proceed", "hold", "block", "rerun", "confirm", "rollback".
std::string_view GateActionName(GateAction action);

/// A range of ratios or values, low <= high.
struct Interval {
  double low = 0;
  double high = 0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// One thing that a gate looked at.
struct GateCheck {
  /// "response_time.body", "response_time.p99", "response_time.mean", "throughput", "error_rate",
  /// "apdex", "resource.NAME", "every_step", "response_time.distribution"; with what of a run it is
  /// about in braces: "response_time.p99{kind:api,part:first_byte,during:10s..40s}".
  std::string metric;
  std::string step;  ///< Empty = the whole run.
  std::string unit;  ///< "ns", "per_s", "ratio", "s", "bytes" or "": of candidate and baseline.
  std::optional<double> baseline;  ///< Typical value over the baseline's runs.
  std::optional<double> candidate;
  std::optional<double> change_ratio;  ///< candidate / baseline - 1; for error_rate the difference.
  std::optional<Interval> interval;    ///< 90 % interval of the change (both one-sided 5 % tests).
  double tolerance = 0;           ///< Smallest change that matters, same scale as change_ratio.
  std::optional<double> p_value;  ///< One-sided, for "worse".
  /// Smallest change that these runs find in 4 of 5 cases; as change_ratio.
  std::optional<double> detectable;
  Verdict verdict = Verdict::kInconclusive;
  std::string reason;  ///< One sentence.
  /// Per side, that would probably decide; only when inconclusive.
  std::optional<int> runs_needed;
  std::optional<double> alpha = {};  ///< p_value below it is evidence enough; absent: no test.
  std::string demand = {};           ///< What the policy wrote; empty: the tolerance.
  std::string flip = {};             ///< What would turn the verdict, one sentence; may be empty.
  double weight = 1;                 ///< In the score; 0: does not count.
  bool key = false;                  ///< Its fail is a fail of the whole.
  std::string waiver = {};           ///< Who let it through, until when, why; empty: nobody.
};

/// A whole verdict with its evidence.
struct GateResult {
  Verdict verdict = Verdict::kInconclusive;
  std::string reason;     ///< One sentence: the check that decided.
  std::string candidate;  ///< Selector as written, e.g. "build:b7".
  std::string baseline;
  std::vector<RunId> candidate_runs;
  std::vector<RunId> baseline_runs;
  std::string design;  ///< How the runs alternate: "duet", "interleaved", "sequential", "unknown".
  std::vector<GateCheck> checks;
  std::vector<std::string> warnings;  ///< To be shown with the verdict.
  /// Of 1, under a policy with a total score: least and most that the inconclusive checks leave.
  std::optional<Interval> score = {};
  GateAction action = GateAction::kHold;
  std::string action_reason = {};  ///< Why, where the verdict alone does not say; else empty.
};

}  // namespace weir
