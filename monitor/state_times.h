#pragma once

#include "base/time.h"
#include "monitor/alerts/alert_notifier.h"
#include "monitor/alerts/alert_state.h"
#include "monitor/alerts/digest.h"

/// The times in what a monitor remembers, for when the clock is set back: what happened a minute
/// ago shall have happened a minute ago by the new clock, too. Pure.
namespace weir::monitor {

/// Makes all of its times earlier by `by`.
void MoveBack(AlertState& state, Nanos by);
void MoveBack(GroupState& state, Nanos by);
void MoveBack(DigestState& state, Nanos by);

/// The latest instant at which something happened to it; the smallest WallTime when nothing has.
WallTime LatestIn(const AlertState& state);
WallTime LatestIn(const GroupState& state);
WallTime LatestIn(const DigestState& state);

}  // namespace weir::monitor
