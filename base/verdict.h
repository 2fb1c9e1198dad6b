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

/// A range of ratios or values, low <= high.
struct Interval {
  double low = 0;
  double high = 0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// One thing that a gate looked at.
struct GateCheck {
  std::string metric;  ///< "response_time.body", "response_time.p99", "throughput", "error_rate".
  std::string step;    ///< Empty = the whole run.
  std::string unit;    ///< "ns", "per_s" or "ratio": of candidate and baseline.
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
};

}  // namespace weir
