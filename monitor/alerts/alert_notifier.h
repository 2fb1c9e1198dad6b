#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "monitor/alerts/flap_damper.h"
#include "monitor/alerts/label_matcher.h"
#include "monitor/alerts/routing_tree.h"
#include "monitor/alerts/time_interval.h"

/// From the alerts that fire to the messages that are due, in one atomic step: silence, inhibit,
/// route, group, deduplicate. Since a step sees all alerts of an evaluation at once, inhibition is
/// right without waiting: of a critical alert and the warning that it inhibits, which begin
/// together, only the first is told. Pure: no clock, no I/O.
/// Source: Alertmanager 0.25 (inhibit/, notify/notify.go, dispatch/); where this differs, below.
namespace weir::monitor {

/// While an alert with all of `source` fires, those with all of `target` that have the same values
/// of the labels in `equal` are not told. An alert that has both is not inhibited by others that
/// have both, so none inhibits itself.
struct InhibitRule {
  std::vector<LabelMatcher> source;
  std::vector<LabelMatcher> target;
  std::vector<std::string> equal;
};

/// Alerts with all of `matchers` are not told in [starts_at, ends_at).
struct Silence {
  std::vector<LabelMatcher> matchers;
  WallTime starts_at{};
  WallTime ends_at{};
};

/// When something may be told. Intervals of NotificationPolicy by number: not in one of the first,
/// and where there are any of the second only in those.
struct TimesOfDay {
  std::vector<std::size_t> mute_times;
  std::vector<std::size_t> active_times;
};

struct NotificationPolicy {
  RoutingTree routes;
  std::vector<InhibitRule> inhibit_rules;
  FlapLimits flapping = {};
  std::vector<TimeInterval> intervals = {};

  /// Receivers whose channels take no digest: what is demoted is told them as ever.
  std::set<std::string> without_digest = {};

  /// Of receivers that have no channel that may always be told, when each of them may: at other
  /// times their routes are muted.
  std::map<std::string, std::vector<TimesOfDay>> channel_times = {};
};

/// Whether something with these times may be told at `at`.
bool IsOpen(const NotificationPolicy& policy, const TimesOfDay& times, WallTime at);

/// Which routes are muted at an instant by the time of the day, the week or the year: by intervals
/// of their own, or as no channel of their receiver may be told.
class RouteHours {
 public:
  /// `policy` must outlive it.
  RouteHours(const NotificationPolicy& policy, WallTime at);

  bool IsMuted(std::size_t route) const;

  /// All routes that the alert takes are.
  bool IsMuted(const Labels& alert) const;

 private:
  const NotificationPolicy& policy_;
  std::vector<bool> is_now_;               // By interval.
  std::set<std::string> quiet_receivers_;  // No channel of them may be told.
};

/// All alerts that fire at `at`. Twice the same labels: one alert.
struct FiringAlerts {
  WallTime at{};  ///< Not before that of the last step.
  std::span<const Labels> alerts;
  std::span<const Silence> silences;
  const std::set<Labels>* acknowledged = nullptr;  ///< Somebody looks after them. Null: none.
  const std::set<Labels>* demoted = nullptr;       ///< Told in digests. Null: none.
};

enum class MuteReason : std::uint8_t {
  kNotMuted,
  kSilenced,
  kInhibited,
  kTimeInterval,  ///< By the intervals of all routes that it takes.
};

enum class NotifyReason : std::uint8_t {
  kFirst,        ///< Nothing of the group was told.
  kNewAlerts,    ///< Some alerts were not told yet; others may have ended.
  kSomeEnded,    ///< Of those told, some have ended.
  kAllResolved,  ///< Of those told, none fires any more.
  kFlapping,     ///< Of those told, some are found to flap.
  kCalm,         ///< Of those told to flap, some fire steadily.
  kRepeat,       ///< Nothing changed for repeat_interval.
};

/// An alert of a message that flaps, or has.
struct FlapNote {
  std::size_t count = 0;  ///< How often it began.
  bool flapping = true;   ///< False: it is calm now, and who is told was told that it flaps.

  friend bool operator==(const FlapNote&, const FlapNote&) = default;
};

/// A message that is due. It is told: the state of the step counts it as such, so the caller writes
/// message and state in one transaction and delivers afterwards.
struct Notification {
  std::size_t route = 0;
  std::string receiver;
  Labels group;  ///< What its alerts have in common: the labels of group_by.

  /// Which message of the group this is, from 1. Route, group and number name a message for good.
  std::uint64_t number = 0;
  NotifyReason reason = NotifyReason::kFirst;
  std::vector<Labels> firing;    ///< Those that are not muted.
  std::vector<Labels> resolved;  ///< Told as firing before, and ended.
  std::map<Labels, FlapNote> flaps = {};
};

/// How far a group is escalated (escalation.h).
struct EscalationState {
  std::size_t next = 0;            ///< Steps of the chain that were gone, over all rounds.
  std::optional<WallTime> due_at;  ///< Of the next one; nothing: it has stopped.
  std::set<std::size_t> told;      ///< Steps, from 0, that were told: of the end as well.

  friend bool operator==(const EscalationState&, const EscalationState&) = default;
};

/// What a channel that may not always be told was told of a group (channel_hours.h).
struct ChannelTold {
  std::set<Labels> told;  ///< As firing, and not yet as resolved.
  std::optional<WallTime> last_at;

  friend bool operator==(const ChannelTold&, const ChannelTold&) = default;
};

/// What is remembered of a group between steps.
struct GroupState {
  std::set<Labels> told;  ///< As firing, and not yet as resolved.
  std::optional<WallTime> waiting_since;
  std::optional<WallTime> last_at;
  std::uint64_t number = 0;
  /// The last message named ends alone, so who gets it as a whole (an incident) takes the group for
  /// over, while others that were told fire on, muted.
  bool looks_over = false;
  std::optional<EscalationState> escalation = {};
  FlapBook flaps = {};
  std::map<std::string, ChannelTold> channels = {};  ///< By name.

  friend bool operator==(const GroupState&, const GroupState&) = default;
};

/// Adds how often each alert of the group that flaps began; one that flaps in several groups counts
/// where it began most often.
void CollectFlaps(const GroupState& group, std::map<Labels, std::size_t>& flaps);

struct GroupKey {
  std::size_t route = 0;
  Labels labels;

  friend auto operator<=>(const GroupKey&, const GroupKey&) = default;
};

/// At most kGroupsMax groups; alerts that would open another one are told together, in one group
/// without labels for each route.
struct NotifierState {
  static constexpr std::size_t kGroupsMax = 10'000;

  std::map<GroupKey, GroupState> groups;
  std::size_t overflowed = 0;  ///< Alerts that the last step put into a group without labels.
};

/// Why an alert that fires is not told now, for pages and logs.
MuteReason MutedBy(const NotificationPolicy& policy, const FiringAlerts& firing,
                   const Labels& alert);

/// The groups that an alert is in or would open, whatever the time.
std::vector<GroupKey> GroupsOf(const NotificationPolicy& policy, const Labels& alert,
                               const NotifierState& state);

/// The same of each alert of `firing`, in their order. Cost: as StepNotifications.
std::vector<MuteReason> MutesOf(const NotificationPolicy& policy, const FiringAlerts& firing);

/// Whether the route tells the alert in a digest (digest.h) instead of by itself.
bool IsDigested(const NotificationPolicy& policy, const FiringAlerts& firing, std::size_t route,
                const Labels& alert);

/// The messages that are due now. `state` is moved on; it belongs to this policy, as its routes
/// are numbers of it. What holds, whatever comes:
///
/// - An alert that fires and is not muted is told after group_wait, or if its group was told
///   before, group_interval after that; at once when that has passed (Alertmanager waits for the
///   next multiple of it).
/// - A group is told at most once in group_interval, also when its alerts come and go.
/// - Who was told that an alert fires is told that it ended, even if it was muted by then.
/// - An alert that begins while its route is muted by the time is told when that ends.
/// - An alert that was told, muted, and goes on after the mute is not told again but as a repeat;
///   at once, if the group looks over by then.
/// - A group of which all alerts are acknowledged is not repeated.
/// - What goes to a digest from now on begins nothing and is not repeated; its end is told.
/// - An alert that was told and flaps (flap_damper.h) counts as one that goes on: neither its ends
///   nor its new beginnings are told. Once it is calm, its end is told, or that it fires steadily.
///
/// Cost: O(alerts x (routes + inhibit rules + silences)), and a comparison of labels for each
/// group.
std::vector<Notification> StepNotifications(const NotificationPolicy& policy,
                                            const FiringAlerts& firing, NotifierState& state);

/// "not_muted", "silenced", "inhibited", "time_interval".
std::string_view MuteReasonName(MuteReason reason);

/// "first", "new_alerts", "some_ended", "all_resolved", "flapping", "calm", "repeat".
std::string_view NotifyReasonName(NotifyReason reason);

}  // namespace weir::monitor
