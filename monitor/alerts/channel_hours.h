#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "monitor/alerts/alert_notifier.h"

/// Channels of a receiver that may not be told at every time. Each is told as a route of its own
/// would be that is muted then. Pure: no clock, no I/O. What a channel was told is part of the
/// groups' state, and so survives the process with it.
namespace weir::monitor {

/// A channel that is not always told, at an instant.
struct TimedChannel {
  std::string name;
  bool is_open = true;  ///< It may be told now.
};

struct ChannelHoursInput {
  WallTime at{};
  std::span<const Notification> told;              ///< By the same step.
  const std::set<Labels>* acknowledged = nullptr;  ///< Null: none.

  /// Of the receiver of a route.
  std::function<std::vector<TimedChannel>(std::size_t route)> channels_of;

  /// Whether the alert fires, is not muted, and is told by the route itself and now.
  std::function<bool(std::size_t route, const Labels& alert)> is_audible;
  std::function<Nanos(std::size_t route)> repeat_interval;
};

/// What one channel is told now. It counts as told, as a Notification does.
struct ChannelDue {
  std::string channel;
  Notification message;
  bool catches_up = false;  ///< The others are told nothing now.
};

/// What channels with times are told now; `state` is moved on. What holds, whatever comes:
///
/// - A channel that is open is told what its group is told.
/// - One that opens is told at once what began meanwhile and still fires, and what of it has ended;
///   what it was told before it is told again if repeat_interval has passed since, as a repeat.
/// - One that is not open is told one thing: that all that it was told has ended.
/// - None is told the end of what it was not told.
/// - What has ended and begun anew while it was not open has gone on, as far as it knows.
/// - Of a channel that is new in a group that was told before, it counts as told what the group
///   was.
///
/// Cost: O(told alerts) for each group and channel with times.
std::vector<ChannelDue> StepChannelHours(const ChannelHoursInput& input, NotifierState& state);

}  // namespace weir::monitor
