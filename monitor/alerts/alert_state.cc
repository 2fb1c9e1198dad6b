#include "monitor/alerts/alert_state.h"

#include <cmath>

#include <fmt/format.h>

#include "base/check.h"

namespace weir::monitor {
namespace {

bool IsOnBadSide(BadSide side, double level, double value) {
  switch (side) {
    case BadSide::kAbove:
      return value > level;
    case BadSide::kAtLeast:
      return value >= level;
    case BadSide::kBelow:
      return value < level;
    case BadSide::kAtMost:
      return value <= level;
  }
  WEIR_CHECK(false);
}

bool BadIsHigh(BadSide side) {
  return side == BadSide::kAbove || side == BadSide::kAtLeast;
}

AlertStep StepHolding(AlertState state, const AlertTiming& timing, WallTime at) {
  state.kept_since.reset();
  if (state.phase == AlertPhase::kFiring) {
    return {state, AlertReason::kStillFiring};
  }
  if (state.phase == AlertPhase::kInactive) {
    state = {};
    state.phase = AlertPhase::kPending;
    state.active_since = at;
  }
  if (at - state.active_since < timing.hold) {
    return {state, AlertReason::kWaiting};
  }
  state.phase = AlertPhase::kFiring;
  state.fired_at = at;
  return {state, AlertReason::kFired};
}

AlertStep StepNotHolding(AlertState state, const AlertTiming& timing, WallTime at) {
  switch (state.phase) {
    case AlertPhase::kInactive:
      return {state, AlertReason::kQuiet};
    case AlertPhase::kPending:
      return {AlertState{}, AlertReason::kGaveUp};
    case AlertPhase::kFiring:
      break;
  }
  if (!state.kept_since) {
    state.kept_since = at;
  }
  if (at - *state.kept_since < timing.keep_firing) {
    return {state, AlertReason::kKeptFiring};
  }
  state.phase = AlertPhase::kInactive;
  state.kept_since.reset();
  state.resolved_at = at;
  return {state, AlertReason::kResolved};
}

}  // namespace

Status CheckThreshold(const AlertThreshold& threshold) {
  if (!std::isfinite(threshold.level)) {
    return UsageError("the level of an alert is not a number; write a finite one");
  }
  if (!threshold.clear_level) {
    return {};
  }
  const double clear = *threshold.clear_level;
  const bool is_good =
      BadIsHigh(threshold.side) ? clear <= threshold.level : clear >= threshold.level;
  if (!is_good) {
    return UsageError(
        fmt::format("an alert that begins at {} cannot end at {}; write one that is "
                    "{} than the level",
                    threshold.level, clear, BadIsHigh(threshold.side) ? "lower" : "higher"));
  }
  return {};
}

Status CheckTiming(const AlertTiming& timing) {
  if (timing.hold < Nanos(0) || timing.keep_firing < Nanos(0)) {
    return UsageError("'for' or 'keep_firing_for' of an alert is below zero; write 0 or more");
  }
  return {};
}

bool IsBad(const AlertThreshold& threshold, std::optional<double> value, AlertPhase phase) {
  if (!value) {
    return false;
  }
  if (IsOnBadSide(threshold.side, threshold.level, *value)) {
    return true;
  }
  return phase == AlertPhase::kFiring && threshold.clear_level &&
         IsOnBadSide(threshold.side, *threshold.clear_level, *value);
}

AlertStep StepAlert(const AlertState& before, const AlertTiming& timing, WallTime at, bool holds) {
  WEIR_CHECK(timing.hold >= Nanos(0));
  WEIR_CHECK(timing.keep_firing >= Nanos(0));
  return holds ? StepHolding(before, timing, at) : StepNotHolding(before, timing, at);
}

std::string_view AlertPhaseName(AlertPhase phase) {
  switch (phase) {
    case AlertPhase::kInactive:
      return "inactive";
    case AlertPhase::kPending:
      return "pending";
    case AlertPhase::kFiring:
      return "firing";
  }
  WEIR_CHECK(false);
}

std::string_view AlertReasonName(AlertReason reason) {
  switch (reason) {
    case AlertReason::kQuiet:
      return "quiet";
    case AlertReason::kWaiting:
      return "waiting";
    case AlertReason::kGaveUp:
      return "gave_up";
    case AlertReason::kFired:
      return "fired";
    case AlertReason::kStillFiring:
      return "still_firing";
    case AlertReason::kKeptFiring:
      return "kept_firing";
    case AlertReason::kResolved:
      return "resolved";
  }
  WEIR_CHECK(false);
}

}  // namespace weir::monitor
