#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

/// The life of one alert: from a condition that holds to one that fires and is resolved. Pure: no
/// clock, no I/O. One AlertState for each series of a rule.
/// Source: Prometheus 2.42, rules/alerting.go (AlertingRule.Eval). Checked against: `promtool test
/// rules`, tests/monitor/alert_state_promtool_test.cc.
namespace weir::monitor {

/// The side of a level on which a value is bad.
enum class BadSide : std::uint8_t { kAbove, kAtLeast, kBelow, kAtMost };

/// When a value is bad.
struct AlertThreshold {
  BadSide side = BadSide::kAbove;
  double level = 0;  ///< In the unit of the series.

  /// Hysteresis: an alert that fires goes on until the value is on the good side of this, too. On
  /// the good side of `level`, or equal to it.
  std::optional<double> clear_level;

  friend bool operator==(const AlertThreshold&, const AlertThreshold&) = default;
};

/// How long a condition must hold, and for how long an alert outlives it.
struct AlertTiming {
  Nanos hold{0};         ///< `for`: fires once the condition has held this long. >= 0.
  Nanos keep_firing{0};  ///< `keep_firing_for`: fires on for this long without it. >= 0.

  friend bool operator==(const AlertTiming&, const AlertTiming&) = default;
};

/// Errors: kUsage: a level that is not finite, or a clear level on the bad side of it.
Status CheckThreshold(const AlertThreshold& threshold);

/// Errors: kUsage: a span below zero.
Status CheckTiming(const AlertTiming& timing);

enum class AlertPhase : std::uint8_t { kInactive, kPending, kFiring };

struct AlertState {
  AlertPhase phase = AlertPhase::kInactive;
  WallTime active_since{};             ///< Of the condition; meaningless while inactive.
  std::optional<WallTime> fired_at;    ///< Of this episode, or of the one that is resolved.
  std::optional<WallTime> kept_since;  ///< Firing, though the condition was gone from then on.
  std::optional<WallTime> resolved_at;

  friend bool operator==(const AlertState&, const AlertState&) = default;
};

/// Whether nothing of it has to be remembered: it never fired, or its end was told.
inline bool IsOver(const AlertState& state) {
  return state.phase == AlertPhase::kInactive && !state.resolved_at;
}

/// Why an alert is in its phase after a step.
enum class AlertReason : std::uint8_t {
  kQuiet,        ///< Inactive: the condition does not hold, and did not.
  kWaiting,      ///< Pending: it has not held for `hold` yet.
  kGaveUp,       ///< Inactive: it ceased to hold before that.
  kFired,        ///< Firing, from this step on.
  kStillFiring,  ///< Firing, as before.
  kKeptFiring,   ///< Firing without the condition, within `keep_firing`.
  kResolved,     ///< Inactive, from this step on.
};

struct AlertStep {
  AlertState state;
  AlertReason reason = AlertReason::kQuiet;
};

/// Whether the condition holds for an alert in `phase`. A value that is absent or NaN is not bad:
/// what has no data is for a rule about absence to tell.
bool IsBad(const AlertThreshold& threshold, std::optional<double> value, AlertPhase phase);

/// The alert after an evaluation at `at` that found that the condition holds, or not. Evaluations
/// come in the order of their time; one that is earlier than the last counts as no time passed.
AlertStep StepAlert(const AlertState& before, const AlertTiming& timing, WallTime at, bool holds);

/// "inactive", "pending", "firing".
std::string_view AlertPhaseName(AlertPhase phase);

/// "quiet", "waiting", "gave_up", "fired", "still_firing", "kept_firing", "resolved".
std::string_view AlertReasonName(AlertReason reason);

}  // namespace weir::monitor
