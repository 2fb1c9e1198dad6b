#include "monitor/state_times.h"

#include <algorithm>
#include <optional>

namespace weir::monitor {
namespace {

void MoveBack(std::optional<WallTime>& at, Nanos by) {
  if (at) {
    *at -= by;
  }
}

WallTime LatestOf(WallTime latest, const std::optional<WallTime>& at) {
  return at ? std::max(latest, *at) : latest;
}

}  // namespace

void MoveBack(AlertState& state, Nanos by) {
  state.active_since -= by;
  MoveBack(state.fired_at, by);
  MoveBack(state.kept_since, by);
  MoveBack(state.resolved_at, by);
}

void MoveBack(GroupState& state, Nanos by) {
  MoveBack(state.waiting_since, by);
  MoveBack(state.last_at, by);
  if (state.escalation) {
    MoveBack(state.escalation->due_at, by);
  }
  for (auto& [name, channel] : state.channels) {
    MoveBack(channel.last_at, by);
  }
  for (auto& [alert, record] : state.flaps) {
    record.changed_at -= by;
    for (WallTime& began : record.began) {
      began -= by;
    }
  }
}

void MoveBack(DigestState& state, Nanos by) {
  state.since -= by;
  for (auto& [alert, entry] : state.entries) {
    entry.first_at -= by;
    MoveBack(entry.firing_since, by);
    MoveBack(entry.ended_at, by);
  }
}

WallTime LatestIn(const AlertState& state) {
  const WallTime since =
      state.phase == AlertPhase::kInactive ? WallTime::min() : state.active_since;
  return LatestOf(LatestOf(LatestOf(since, state.fired_at), state.kept_since), state.resolved_at);
}

// Not when an escalation is due: that has not happened.
WallTime LatestIn(const GroupState& state) {
  WallTime latest = LatestOf(LatestOf(WallTime::min(), state.waiting_since), state.last_at);
  for (const auto& [alert, record] : state.flaps) {
    latest = std::max(latest, record.changed_at);
  }
  for (const auto& [name, channel] : state.channels) {
    latest = LatestOf(latest, channel.last_at);
  }
  return latest;
}

WallTime LatestIn(const DigestState& state) {
  WallTime latest = state.since;
  for (const auto& [alert, entry] : state.entries) {
    latest = LatestOf(LatestOf(latest, entry.firing_since), entry.ended_at);
  }
  return latest;
}

}  // namespace weir::monitor
