#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <span>
#include <vector>

#include "base/time.h"
#include "monitor/alerts/alert_notifier.h"

/// Who is told next, when nobody looks after a group of alerts. Pure: no clock, no I/O. The timers
/// are part of the groups' state, and so survive the process with it.
namespace weir::monitor {

/// A chain of further steps after the message of the group itself.
struct EscalationPlan {
  static constexpr std::size_t kStepsMax = 20;
  static constexpr std::size_t kRoundsMax = 100;

  /// Before each step, from the one before it on; the first from the message of the group. Empty:
  /// nobody else is told.
  std::vector<Nanos> waits;
  std::size_t rounds = 1;  ///< The chain is gone through so often.
  /// When a step may be told, as RouteOptions has it; fewer than `waits`: the rest may always.
  std::vector<TimesOfDay> times = {};
};

/// A step that is due. It counts as told, as a Notification does.
struct EscalationDue {
  GroupKey group;
  std::size_t step = 0;        ///< From 0, of the chain.
  std::size_t round = 0;       ///< From 0.
  std::vector<Labels> firing;  ///< What nobody looks after.
};

/// What an escalation goes by at an instant.
struct EscalationInput {
  WallTime at{};
  std::span<const Notification> told;  ///< By the same step.
  /// Alerts that fire, are not muted, and that nobody looks after.
  std::set<Labels> open;
  std::function<const EscalationPlan&(std::size_t route)> plan_of;
  std::function<bool(std::size_t route)> is_muted;  ///< By the time: then nothing is open.
  /// Whether a step may be told at an instant. Empty: always.
  std::function<bool(std::size_t route, std::size_t step, WallTime at)> may_tell = {};
  /// It goes to a digest: it is not open.
  std::function<bool(std::size_t route, const Labels& alert)> is_digested = {};
};

/// The steps that are due now; `state` is moved on. What holds, whatever comes:
///
/// - A chain begins with a message about alerts that nobody looks after; it stops as soon as
///   somebody looks after all that were told, they have ended or are muted. A later message about
///   alerts that are open begins it anew.
/// - A step that may not be told when its wait has passed is left out, and the first one after it
///   that may, when its own has, comes instead. When none may, the chain waits, and the first that
///   may comes then.
/// - Between two steps their wait passes, also when steps are late because nothing ran: they are
///   not caught up.
std::vector<EscalationDue> StepEscalations(const EscalationInput& input, NotifierState& state);

}  // namespace weir::monitor
