#include "monitor/alerts/alert_notifier.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace weir::monitor {
namespace {

using Alerts = std::set<Labels>;

bool IsSilenced(const FiringAlerts& firing, const Labels& alert) {
  return std::any_of(firing.silences.begin(), firing.silences.end(), [&](const Silence& silence) {
    return silence.starts_at <= firing.at && firing.at < silence.ends_at &&
           MatchesAll(silence.matchers, alert);
  });
}

/// The sources of one rule that fire, by their values of its `equal` labels.
class Inhibitor {
 public:
  Inhibitor(const InhibitRule& rule, std::span<const Labels> alerts) : rule_(rule) {
    for (const Labels& alert : alerts) {
      if (MatchesAll(rule.source, alert)) {
        bool& is_only_source = sources_[EqualValues(alert)];
        is_only_source = is_only_source || !MatchesAll(rule.target, alert);
      }
    }
  }

  bool Inhibits(const Labels& alert) const {
    if (sources_.empty() || !MatchesAll(rule_.target, alert)) {
      return false;
    }
    const auto found = sources_.find(EqualValues(alert));
    return found != sources_.end() && (found->second || !MatchesAll(rule_.source, alert));
  }

 private:
  std::vector<std::string> EqualValues(const Labels& alert) const {
    std::vector<std::string> values;
    for (const std::string& name : rule_.equal) {
      values.emplace_back(LabelValue(alert, name));
    }
    return values;
  }

  const InhibitRule& rule_;
  std::map<std::vector<std::string>, bool> sources_;  // True: one of them is no target.
};

std::vector<Inhibitor> MakeInhibitors(const NotificationPolicy& policy,
                                      const FiringAlerts& firing) {
  std::vector<Inhibitor> inhibitors;
  for (const InhibitRule& rule : policy.inhibit_rules) {
    inhibitors.emplace_back(rule, firing.alerts);
  }
  return inhibitors;
}

/// What mutes the alert for all routes that take it, but for the time.
MuteReason MutedBy(const std::vector<Inhibitor>& inhibitors, const FiringAlerts& firing,
                   const Labels& alert) {
  if (IsSilenced(firing, alert)) {
    return MuteReason::kSilenced;
  }
  const bool inhibited =
      std::any_of(inhibitors.begin(), inhibitors.end(),
                  [&](const Inhibitor& inhibitor) { return inhibitor.Inhibits(alert); });
  return inhibited ? MuteReason::kInhibited : MuteReason::kNotMuted;
}

Labels GroupLabels(const RouteOptions& options, const Labels& alert) {
  if (options.groups_by_all) {
    return alert;
  }
  Labels labels;
  for (const std::string& name : options.group_by) {
    if (const auto found = alert.find(name); found != alert.end() && !found->second.empty()) {
      labels.insert(*found);
    }
  }
  return labels;
}

/// The group of an alert, which then exists.
const GroupKey& GroupOf(const NotificationPolicy& policy, std::size_t route, const Labels& alert,
                        NotifierState& state) {
  GroupKey key{.route = route, .labels = GroupLabels(policy.routes.options(route), alert)};
  if (!state.groups.contains(key) && state.groups.size() >= NotifierState::kGroupsMax) {
    ++state.overflowed;
    key.labels.clear();
  }
  return state.groups.try_emplace(std::move(key)).first->first;
}

/// Of each group, the alerts that fire and are not muted.
std::map<GroupKey, Alerts> Grouped(const NotificationPolicy& policy, const FiringAlerts& firing,
                                   NotifierState& state) {
  const std::vector<Inhibitor> inhibitors = MakeInhibitors(policy, firing);
  const RouteHours hours(policy, firing.at);
  std::map<GroupKey, Alerts> groups;
  state.overflowed = 0;
  for (const Labels& alert : firing.alerts) {
    if (MutedBy(inhibitors, firing, alert) != MuteReason::kNotMuted) {
      continue;
    }
    for (const std::size_t route : policy.routes.Match(alert)) {
      if (!hours.IsMuted(route) && !IsDigested(policy, firing, route, alert)) {
        groups[GroupOf(policy, route, alert, state)].insert(alert);
      }
    }
  }
  return groups;
}

struct GroupNow {
  Alerts audible;                ///< Firing and not muted.
  std::vector<Labels> resolved;  ///< Told, and not firing at all.
  bool has_new = false;          ///< Some that are audible were not told.
  bool has_open = false;         ///< Some that are audible are not acknowledged.
  bool has_steady = false;       ///< Some that are audible do not flap.
  bool has_flapping = false;     ///< Some that are audible flap, and that was not told.
  bool has_calm = false;         ///< Some that are audible were told to flap, and are calm.
};

GroupNow LookAt(const GroupState& group, Alerts audible, const Alerts& all_firing,
                const Alerts* acknowledged) {
  GroupNow now;
  std::set_difference(group.told.begin(), group.told.end(), all_firing.begin(), all_firing.end(),
                      std::back_inserter(now.resolved));
  std::erase_if(now.resolved, [&group](const Labels& alert) {
    const auto found = group.flaps.find(alert);
    return found != group.flaps.end() && found->second.flapping;
  });
  for (const auto& [alert, record] : group.flaps) {
    if (record.flapping != record.told && audible.contains(alert)) {
      (record.flapping ? now.has_flapping : now.has_calm) = true;
    }
  }
  now.has_new =
      !std::includes(group.told.begin(), group.told.end(), audible.begin(), audible.end());
  now.has_open =
      acknowledged == nullptr ||
      !std::includes(acknowledged->begin(), acknowledged->end(), audible.begin(), audible.end());
  now.has_steady = std::any_of(audible.begin(), audible.end(), [&group](const Labels& alert) {
    const auto found = group.flaps.find(alert);
    return found == group.flaps.end() || !found->second.flapping;
  });
  now.audible = std::move(audible);
  return now;
}

/// Why the group has something to tell, whether it is time or not.
std::optional<NotifyReason> WhyTell(const GroupState& group, const GroupNow& now,
                                    const RouteOptions& options, WallTime at) {
  if (now.has_new) {
    return group.told.empty() ? NotifyReason::kFirst : NotifyReason::kNewAlerts;
  }
  if (!now.resolved.empty()) {
    return now.resolved.size() == group.told.size() ? NotifyReason::kAllResolved
                                                    : NotifyReason::kSomeEnded;
  }
  if (now.has_flapping || now.has_calm) {
    return now.has_flapping ? NotifyReason::kFlapping : NotifyReason::kCalm;
  }
  const bool is_stale = group.last_at && at - *group.last_at >= options.repeat_interval;
  if (!now.audible.empty() && now.has_open && (is_stale || (group.looks_over && now.has_steady))) {
    return NotifyReason::kRepeat;
  }
  return std::nullopt;
}

bool IsTime(GroupState& group, const RouteOptions& options, WallTime at) {
  if (group.last_at) {
    return at - *group.last_at >= options.group_interval;
  }
  if (!group.waiting_since) {
    group.waiting_since = at;
  }
  return at - *group.waiting_since >= options.group_wait;
}

/// What is to say about alerts that flap, which then counts as told.
std::map<Labels, FlapNote> TellFlaps(const GroupNow& now, FlapBook& book) {
  std::map<Labels, FlapNote> notes;
  for (auto& [alert, record] : book) {
    const bool is_named =
        now.audible.contains(alert) ||
        std::find(now.resolved.begin(), now.resolved.end(), alert) != now.resolved.end();
    if (is_named && (record.flapping || record.told)) {
      notes[alert] = {.count = record.count, .flapping = record.flapping};
      record.told = record.flapping;
    }
  }
  return notes;
}

Notification Tell(const GroupKey& key, const RouteOptions& options, GroupState& group,
                  GroupNow now) {
  std::map<Labels, FlapNote> flaps = TellFlaps(now, group.flaps);
  for (const Labels& ended : now.resolved) {
    group.told.erase(ended);
  }
  group.looks_over = now.audible.empty() && !group.told.empty();
  group.told.insert(now.audible.begin(), now.audible.end());
  group.waiting_since.reset();
  ++group.number;
  return {.route = key.route,
          .receiver = options.receiver,
          .group = key.labels,
          .number = group.number,
          .reason = NotifyReason::kFirst,
          .firing = {now.audible.begin(), now.audible.end()},
          .resolved = std::move(now.resolved),
          .flaps = std::move(flaps)};
}

}  // namespace

bool IsOpen(const NotificationPolicy& policy, const TimesOfDay& times, WallTime at) {
  const auto holds = [&](std::size_t interval) { return policy.intervals[interval].Contains(at); };
  return std::none_of(times.mute_times.begin(), times.mute_times.end(), holds) &&
         (times.active_times.empty() ||
          std::any_of(times.active_times.begin(), times.active_times.end(), holds));
}

RouteHours::RouteHours(const NotificationPolicy& policy, WallTime at) : policy_(policy) {
  for (const TimeInterval& interval : policy.intervals) {
    is_now_.push_back(interval.Contains(at));
  }
  for (const auto& [receiver, channels] : policy.channel_times) {
    if (std::none_of(channels.begin(), channels.end(), [&policy, at](const TimesOfDay& times) {
          return IsOpen(policy, times, at);
        })) {
      quiet_receivers_.insert(receiver);
    }
  }
}

bool RouteHours::IsMuted(std::size_t route) const {
  const RouteOptions& options = policy_.routes.options(route);
  const auto is_any_now = [this](const std::vector<std::size_t>& intervals) {
    return std::any_of(intervals.begin(), intervals.end(),
                       [this](std::size_t interval) { return is_now_[interval]; });
  };
  return quiet_receivers_.contains(options.receiver) || is_any_now(options.mute_times) ||
         (!options.active_times.empty() && !is_any_now(options.active_times));
}

bool RouteHours::IsMuted(const Labels& alert) const {
  if (policy_.intervals.empty()) {
    return false;
  }
  const std::vector<std::size_t> routes = policy_.routes.Match(alert);
  return std::all_of(routes.begin(), routes.end(),
                     [this](std::size_t route) { return IsMuted(route); });
}

MuteReason MutedBy(const NotificationPolicy& policy, const FiringAlerts& firing,
                   const Labels& alert) {
  const MuteReason reason = MutedBy(MakeInhibitors(policy, firing), firing, alert);
  return reason == MuteReason::kNotMuted && RouteHours(policy, firing.at).IsMuted(alert)
             ? MuteReason::kTimeInterval
             : reason;
}

std::vector<MuteReason> MutesOf(const NotificationPolicy& policy, const FiringAlerts& firing) {
  const std::vector<Inhibitor> inhibitors = MakeInhibitors(policy, firing);
  const RouteHours hours(policy, firing.at);
  std::vector<MuteReason> mutes;
  for (const Labels& alert : firing.alerts) {
    mutes.push_back(MutedBy(inhibitors, firing, alert));
    if (mutes.back() == MuteReason::kNotMuted && hours.IsMuted(alert)) {
      mutes.back() = MuteReason::kTimeInterval;
    }
  }
  return mutes;
}

bool IsDigested(const NotificationPolicy& policy, const FiringAlerts& firing, std::size_t route,
                const Labels& alert) {
  const RouteOptions& options = policy.routes.options(route);
  return options.digest || (firing.demoted != nullptr && firing.demoted->contains(alert) &&
                            !policy.without_digest.contains(options.receiver));
}

std::vector<Notification> StepNotifications(const NotificationPolicy& policy,
                                            const FiringAlerts& firing, NotifierState& state) {
  const Alerts all_firing(firing.alerts.begin(), firing.alerts.end());
  std::map<GroupKey, Alerts> audible = Grouped(policy, firing, state);
  std::vector<Notification> due;
  for (auto item = state.groups.begin(); item != state.groups.end();) {
    const GroupKey& key = item->first;
    GroupState& group = item->second;
    const RouteOptions& options = policy.routes.options(key.route);
    StepFlaps(options.flapping.value_or(policy.flapping), firing.at, audible[key], all_firing,
              group.flaps);
    GroupNow now = LookAt(group, std::move(audible[key]), all_firing, firing.acknowledged);
    const std::optional<NotifyReason> reason = WhyTell(group, now, options, firing.at);
    if (!reason) {
      group.waiting_since.reset();
    } else if (IsTime(group, options, firing.at)) {
      due.push_back(Tell(key, options, group, std::move(now)));
      due.back().reason = *reason;
      group.last_at = firing.at;
    }
    // A group that is told of is remembered for group_interval, so that one that comes and goes is
    // not new each time.
    const bool is_over = group.told.empty() && !group.waiting_since &&
                         (!group.last_at || firing.at - *group.last_at >= options.group_interval);
    if (is_over && !group.flaps.empty()) {
      group.last_at.reset();  // All that is remembered of it is what might flap.
    }
    item = is_over && group.flaps.empty() ? state.groups.erase(item) : std::next(item);
  }
  return due;
}

void CollectFlaps(const GroupState& group, std::map<Labels, std::size_t>& flaps) {
  for (const auto& [alert, record] : group.flaps) {
    if (record.flapping) {
      std::size_t& count = flaps[alert];
      count = std::max(count, record.count);
    }
  }
}

std::string_view MuteReasonName(MuteReason reason) {
  switch (reason) {
    case MuteReason::kNotMuted:
      return "not_muted";
    case MuteReason::kSilenced:
      return "silenced";
    case MuteReason::kInhibited:
      return "inhibited";
    case MuteReason::kTimeInterval:
      return "time_interval";
  }
  WEIR_CHECK(false);
}

std::string_view NotifyReasonName(NotifyReason reason) {
  switch (reason) {
    case NotifyReason::kFirst:
      return "first";
    case NotifyReason::kNewAlerts:
      return "new_alerts";
    case NotifyReason::kSomeEnded:
      return "some_ended";
    case NotifyReason::kAllResolved:
      return "all_resolved";
    case NotifyReason::kFlapping:
      return "flapping";
    case NotifyReason::kCalm:
      return "calm";
    case NotifyReason::kRepeat:
      return "repeat";
  }
  WEIR_CHECK(false);
}

std::vector<GroupKey> GroupsOf(const NotificationPolicy& policy, const Labels& alert,
                               const NotifierState& state) {
  std::vector<GroupKey> groups;
  for (const std::size_t route : policy.routes.Match(alert)) {
    GroupKey key{.route = route, .labels = GroupLabels(policy.routes.options(route), alert)};
    if (!state.groups.contains(key) && state.groups.size() >= NotifierState::kGroupsMax) {
      key.labels.clear();
    }
    groups.push_back(std::move(key));
  }
  return groups;
}

}  // namespace weir::monitor
