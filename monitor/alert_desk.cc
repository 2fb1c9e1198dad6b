#include "monitor/alert_desk.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "monitor/config/config_change.h"
#include "monitor/notice_writer.h"
#include "monitor/state_codec.h"
#include "monitor/state_times.h"

namespace weir::monitor {
namespace {

using store::MonitorStateKind;

// The channels of the receiver that are told at all times.
std::vector<std::size_t> UntimedOf(const ReceiverSpec& receiver) {
  std::vector<std::size_t> channels = receiver.channels;
  std::erase_if(channels, [&receiver](std::size_t channel) {
    return receiver.channel_times.contains(channel);
  });
  return channels;
}

// These, and those that an escalation has told: of the end as well.
std::vector<std::size_t> ToldOf(const ReceiverSpec& receiver, const GroupState& group) {
  std::vector<std::size_t> channels = UntimedOf(receiver);
  for (const std::size_t step :
       group.escalation ? group.escalation->told : std::set<std::size_t>()) {
    if (step < receiver.escalate_to.size()) {
      const std::vector<std::size_t>& more = receiver.escalate_to[step];
      channels.insert(channels.end(), more.begin(), more.end());
    }
  }
  return channels;
}

// Those that fire, are not muted, and that nobody looks after.
std::set<Labels> OpenOf(const NotificationPolicy& policy, const FiringAlerts& firing) {
  const std::vector<MuteReason> mutes = MutesOf(policy, firing);
  std::set<Labels> open;
  for (std::size_t i = 0; i < firing.alerts.size(); ++i) {
    if (mutes[i] == MuteReason::kNotMuted && !firing.acknowledged->contains(firing.alerts[i])) {
      open.insert(firing.alerts[i]);
    }
  }
  return open;
}

store::MonitorStateRow ForecastsRow(const analysis::ForecastTally& forecasts) {
  return {MonitorStateKind::kForecasts, "all", EncodeForecasts(forecasts)};
}

}  // namespace

AlertDesk::AlertDesk(const MonitorConfig& config)
    : config_(config), engine_(config.rules), digests_(config) {}

void AlertDesk::Restore(const StoredMonitor& stored) {
  for (const store::MonitorStateRow& row : stored.alerts) {
    std::optional<AlertInstance> alert = DecodeAlert(row.value);
    const Labels labels = alert ? alert->labels : Labels();
    if (alert) {
      engine_.Restore(std::move(*alert));
    }
    if (labels.empty() || engine_.Find(labels) == nullptr) {
      pending_rows_.push_back({MonitorStateKind::kAlert, row.key, ""});
    }
  }
  for (const store::MonitorStateRow& row : stored.groups) {
    if (std::optional<StoredGroup> group = DecodeGroup(row.value)) {
      Adopt(std::move(*group));
    } else {
      pending_rows_.push_back({MonitorStateKind::kGroup, row.key, ""});
    }
  }
  for (const store::MonitorStateRow& row : stored.rest) {
    if (row.kind != MonitorStateKind::kEnded) {
      digests_.Restore(row);
    } else if (std::optional<AlertInstance> alert = DecodeAlert(row.value)) {
      ended_.insert_or_assign(row.key, std::move(*alert));
    }
  }
  saved_groups_ = notifier_.groups;
  for (const store::MonitorStateRow& row : stored.forecasts) {
    if (const auto tally = DecodeForecasts(row.value)) {
      engine_.RestoreForecasts(*tally);
    }
  }
  saved_forecasts_ = engine_.forecasts().ever;
}

void AlertDesk::TakeOver(AlertDesk&& before) {
  pending_rows_ = std::move(before.pending_rows_);
  abandoned_ = std::move(before.abandoned_);
  ended_ = std::move(before.ended_);
  digests_.TakeOver(std::move(before.digests_));
  said_ = std::move(before.said_);
  silences_ = std::move(before.silences_);
  notifications_ = before.notifications_;
  saved_forecasts_ = before.saved_forecasts_;
  const auto same = SameRules(before.config_, config_);
  for (const Labels& labels : engine_.TakeOver(std::move(before.engine_), same)) {
    pending_rows_.push_back({MonitorStateKind::kAlert, AlertKey(labels), ""});
  }
  for (auto& [key, state] : before.notifier_.groups) {
    Adopt({before.config_.route_ids[key.route], key.labels, std::move(state),
           before.config_.policy.routes.options(key.route).receiver});
  }
  saved_groups_ = notifier_.groups;
}

// Under the route that is the same now, if there is one.
void AlertDesk::Adopt(StoredGroup group) {
  const auto route = std::find(config_.route_ids.begin(), config_.route_ids.end(), group.route_id);
  const auto number = static_cast<std::size_t>(route - config_.route_ids.begin());
  if (route != config_.route_ids.end() &&
      (group.receiver.empty() ||
       group.receiver == config_.policy.routes.options(number).receiver)) {
    if (ReceiverOf(number).channel_times.empty()) {
      group.state.channels.clear();
    }
    notifier_.groups.insert_or_assign({number, std::move(group.labels)}, std::move(group.state));
    return;
  }
  pending_rows_.push_back(
      {MonitorStateKind::kGroup, StoredGroupKey(group.route_id, group.labels), ""});
  if (!group.state.told.empty()) {
    abandoned_.push_back(std::move(group));
  }
}

// Who was told by a route that is gone would else have to close by hand what it has opened.
void AlertDesk::CloseAbandoned(WallTime at, store::MonitorChange& change) {
  for (const StoredGroup& group : std::exchange(abandoned_, {})) {
    const auto receiver =
        std::find_if(config_.receivers.begin(), config_.receivers.end(),
                     [&group](const ReceiverSpec& spec) { return spec.name == group.receiver; });
    if (receiver == config_.receivers.end()) {
      continue;
    }
    Notification over;
    over.receiver = group.receiver;
    over.group = group.labels;
    over.number = group.state.number + 1;
    over.reason = NotifyReason::kAllResolved;
    over.resolved.assign(group.state.told.begin(), group.state.told.end());
    const NoticeWriter writer(config_, engine_);
    AlertNotice message = writer.Of(at, over, group.route_id);
    message.event_id = NoticeEventId(message, over.number, at);
    std::vector<std::size_t> channels = ToldOf(*receiver, group.state);
    for (const auto& [channel, times] : receiver->channel_times) {
      const auto told = group.state.channels.find(config_.channels[channel].name);
      if (told == group.state.channels.end() || !told->second.told.empty()) {
        channels.push_back(channel);
      }
    }
    writer.Post(message, channels, change);
  }
}

store::MonitorChange AlertDesk::Step(WallTime at, std::span<const SourceView> sources,
                                     const HistoryView& history) {
  store::MonitorChange change;
  change.rows = std::exchange(pending_rows_, {});
  engine_.Evaluate(at, sources, history);
  const std::vector<Labels> firing = engine_.Firing();
  const std::set<Labels> acknowledged = TakeAcknowledged(at, change);
  const std::set<Labels> demoted = digests_.Demote(said_.marks, at, engine_, firing);
  const FiringAlerts now = {.at = at,
                            .alerts = firing,
                            .silences = silences_,
                            .acknowledged = &acknowledged,
                            .demoted = &demoted};
  const std::vector<Notification> due = StepNotifications(config_.policy, now, notifier_);
  for (const Notification& notification : due) {
    Write(at, notification, change);
  }
  CloseAbandoned(at, change);
  TellTimed(now, due, change);
  notifications_ += due.size() + digests_.Step(now, engine_, change);
  Escalate(now, due, change);
  SaveAlerts(at, change);
  SaveGroups(change);
  SaveForecasts(change);
  return change;
}

void AlertDesk::ClockSetBack(Nanos by) {
  for (Acknowledgement& said : said_.acknowledgements) {
    // An episode is known by when it began.
    said.fired_at -= by;
    pending_rows_.push_back(
        {MonitorStateKind::kAcknowledgement, AlertKey(said.labels), EncodeAcknowledgement(said)});
  }
  engine_.ClockSetBack(by);
  digests_.ClockSetBack(by);
  for (auto& [key, state] : notifier_.groups) {
    MoveBack(state, by);
  }
}

WallTime AlertDesk::Latest() const {
  WallTime latest = digests_.Latest();
  engine_.Visit(
      [&latest](const AlertInstance& alert) { latest = std::max(latest, LatestIn(alert.state)); });
  for (const auto& [key, state] : notifier_.groups) {
    latest = std::max(latest, LatestIn(state));
  }
  return latest;
}

void AlertDesk::Hear(AlertBook said) {
  said_ = std::move(said);
  said_.alerts.clear();
  silences_.clear();
  for (const StoredSilence& stored : said_.silences) {
    silences_.push_back(stored.silence);
  }
}

// The alerts that somebody looks after; what was said about others, silences that have been over
// for long, and old marks go.
std::set<Labels> AlertDesk::TakeAcknowledged(WallTime at, store::MonitorChange& change) {
  std::set<Labels> acknowledged;
  for (const Acknowledgement& said : said_.acknowledgements) {
    const AlertInstance* alert = engine_.Find(said.labels);
    if (alert != nullptr && said_.Of(*alert) != nullptr) {
      acknowledged.insert(said.labels);
    } else {
      change.rows.push_back({MonitorStateKind::kAcknowledgement, AlertKey(said.labels), ""});
    }
  }
  const auto is_old = [at](const StoredSilence& stored) {
    return at - stored.silence.ends_at > kSilenceKept;
  };
  for (const StoredSilence& stored : said_.silences) {
    if (is_old(stored)) {
      change.rows.push_back({MonitorStateKind::kSilence, stored.id, ""});
    }
  }
  const auto is_stale = [at](const AlertMark& mark) { return IsStale(mark, at); };
  for (const AlertMark& mark : said_.marks) {
    if (is_stale(mark)) {
      change.rows.push_back({MonitorStateKind::kMark, MarkKey(mark.labels, mark.fired_at), ""});
    }
  }
  if (!change.rows.empty()) {
    std::erase_if(said_.acknowledgements,
                  [&](const Acknowledgement& said) { return !acknowledged.contains(said.labels); });
    std::erase_if(said_.silences, is_old);
    std::erase_if(said_.marks, is_stale);
  }
  return acknowledged;
}

std::vector<AlertView> AlertDesk::List(WallTime at, std::size_t count) const {
  const std::vector<Labels> firing = engine_.Firing();
  const std::set<Labels> demoted = digests_.DemotedOf(engine_, firing);
  const FiringAlerts now = {.at = at, .alerts = firing, .silences = silences_, .demoted = &demoted};
  const std::vector<MuteReason> mutes = MutesOf(config_.policy, now);
  std::map<Labels, MuteReason> muted;
  for (std::size_t i = 0; i < firing.size(); ++i) {
    muted.emplace(firing[i], mutes[i]);
  }
  std::map<Labels, std::size_t> flaps;
  for (const auto& [key, group] : notifier_.groups) {
    CollectFlaps(group, flaps);
  }
  std::vector<const AlertInstance*> active;
  engine_.Visit([&active](const AlertInstance& alert) {
    if (alert.state.phase != AlertPhase::kInactive) {
      active.push_back(&alert);
    }
  });
  const std::size_t kept = std::min(count, active.size());
  std::partial_sort(active.begin(), active.begin() + static_cast<std::ptrdiff_t>(kept),
                    active.end(), [](const AlertInstance* a, const AlertInstance* b) {
                      const auto order = [](const AlertInstance& alert) {
                        return std::make_tuple(alert.state.phase != AlertPhase::kFiring,
                                               -CountNs(alert.state.active_since));
                      };
                      return std::make_tuple(order(*a), std::cref(a->labels)) <
                             std::make_tuple(order(*b), std::cref(b->labels));
                    });
  std::vector<AlertView> views;
  for (std::size_t i = 0; i < kept; ++i) {
    const auto found = muted.find(active[i]->labels);
    const Acknowledgement* said = said_.Of(*active[i]);
    const AlertMark* mark = said_.MarkOf(*active[i]);
    views.push_back({*active[i], found == muted.end() ? MuteReason::kNotMuted : found->second,
                     said == nullptr ? std::nullopt : std::optional(*said),
                     mark == nullptr ? std::nullopt : std::optional(*mark),
                     found != muted.end() && found->second == MuteReason::kNotMuted &&
                         digests_.TellsOnlyInDigest(now, active[i]->labels),
                     flaps.contains(active[i]->labels) ? flaps.at(active[i]->labels) : 0});
  }
  return views;
}

store::MonitorStateRow AlertDesk::RowOf(const GroupKey& key, const GroupState& state) const {
  const std::string& id = config_.route_ids[key.route];
  return {MonitorStateKind::kGroup, StoredGroupKey(id, key.labels),
          EncodeGroup({id, key.labels, state, config_.policy.routes.options(key.route).receiver})};
}

std::optional<AlertEvidence> AlertDesk::EvidenceOf(WallTime at, std::string_view key) const {
  const AlertInstance* found = nullptr;
  engine_.Visit([&](const AlertInstance& alert) {
    // One that never was an alert has no story.
    const bool was = alert.state.phase != AlertPhase::kInactive || alert.state.resolved_at;
    if (was && found == nullptr && AlertKey(alert.labels) == key) {
      found = &alert;
    }
  });
  if (found == nullptr) {
    return std::nullopt;
  }
  AlertEvidence evidence;
  evidence.view.alert = *found;
  if (found->state.phase == AlertPhase::kFiring) {
    const std::vector<Labels> firing = engine_.Firing();
    evidence.view.muted =
        MutedBy(config_.policy, {.at = at, .alerts = firing, .silences = silences_}, found->labels);
  }
  const Acknowledgement* said = said_.Of(*found);
  evidence.view.acknowledged = said == nullptr ? std::nullopt : std::optional(*said);
  const StoredSilence* silence = said_.SilenceOf(found->labels, at);
  evidence.silence = silence == nullptr ? std::nullopt : std::optional(*silence);
  for (const GroupKey& group : GroupsOf(config_.policy, found->labels, notifier_)) {
    evidence.groups.push_back(GroupOf(group, at));
    if (const auto state = notifier_.groups.find(group); state != notifier_.groups.end()) {
      evidence.groups.back().told = state->second.told.contains(found->labels);
      const auto record = state->second.flaps.find(found->labels);
      if (record != state->second.flaps.end() && record->second.flapping) {
        evidence.view.flaps = record->second.count;
      }
    }
  }
  return evidence;
}

AlertGroup AlertDesk::GroupOf(const GroupKey& key, WallTime at) const {
  const ReceiverSpec& receiver = ReceiverOf(key.route);
  AlertGroup group;
  group.receiver = receiver.name;
  group.labels = key.labels;
  group.dedup_key = NoticeDedupKey(receiver.name, config_.route_ids[key.route], key.labels);
  group.steps = receiver.escalation.waits.size();
  group.rounds = receiver.escalation.rounds;
  for (const TimedChannel& channel : TimedOf(receiver, at)) {
    if (!channel.is_open) {
      group.quiet.push_back(channel.name);
    }
  }
  if (const auto state = notifier_.groups.find(key); state != notifier_.groups.end()) {
    group.last_at = state->second.last_at;
    group.escalation = state->second.escalation;
  }
  return group;
}

std::vector<store::MonitorStateRow> AlertDesk::Whole() const {
  std::vector<store::MonitorStateRow> rows;
  engine_.Visit([&rows](const AlertInstance& alert) {
    if (!IsOver(alert.state)) {
      rows.push_back({MonitorStateKind::kAlert, AlertKey(alert.labels), EncodeAlert(alert)});
    }
  });
  for (const auto& [key, state] : notifier_.groups) {
    rows.push_back(RowOf(key, state));
  }
  if (engine_.forecasts().ever > 0) {
    rows.push_back(ForecastsRow(engine_.forecasts()));
  }
  for (const auto& [key, alert] : ended_) {
    rows.push_back({MonitorStateKind::kEnded, key, EncodeAlert(alert)});
  }
  const std::vector<store::MonitorStateRow> more = digests_.Whole();
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

void AlertDesk::SaveForecasts(store::MonitorChange& change) {
  const std::uint64_t ever = engine_.forecasts().ever;
  if (std::exchange(saved_forecasts_, ever) != ever) {
    change.rows.push_back(ForecastsRow(engine_.forecasts()));
  }
}

void AlertDesk::SaveAlerts(WallTime at, store::MonitorChange& change) {
  for (const AlertInstance& alert : engine_.TakeChanged()) {
    const std::string key = AlertKey(alert.labels);
    change.rows.push_back(
        {MonitorStateKind::kAlert, key, IsOver(alert.state) ? std::string() : EncodeAlert(alert)});
    if (alert.state.resolved_at == at && alert.state.fired_at) {
      change.rows.push_back({MonitorStateKind::kEnded, key, EncodeAlert(alert)});
      ended_.insert_or_assign(key, alert);
    }
  }
  SaveEnded(at, change);
  const std::vector<Labels> forgotten = engine_.Forget([this](const Labels& labels) {
    return std::any_of(notifier_.groups.begin(), notifier_.groups.end(),
                       [&labels](const auto& group) { return group.second.told.contains(labels); });
  });
  for (const Labels& labels : forgotten) {
    change.rows.push_back({MonitorStateKind::kAlert, AlertKey(labels), ""});
  }
}

// Lets go of what ended too long ago, or is too much.
void AlertDesk::SaveEnded(WallTime at, store::MonitorChange& change) {
  const auto ended_at = [](const auto& item) {
    return item.second.state.resolved_at.value_or(WallTime::min());
  };
  const auto let_go = [&](auto item) {
    change.rows.push_back({MonitorStateKind::kEnded, item->first, ""});
    return ended_.erase(item);
  };
  for (auto item = ended_.begin(); item != ended_.end();) {
    item = at - ended_at(*item) > kEndedKept ? let_go(item) : std::next(item);
  }
  while (ended_.size() > kEndedMax) {
    let_go(std::min_element(ended_.begin(), ended_.end(), [&](const auto& a, const auto& b) {
      return ended_at(a) < ended_at(b);
    }));
  }
}

void AlertDesk::SaveGroups(store::MonitorChange& change) {
  bool differs = notifier_.groups.size() != saved_groups_.size();
  for (const auto& [key, state] : notifier_.groups) {
    const auto saved = saved_groups_.find(key);
    if (saved == saved_groups_.end() || saved->second != state) {
      change.rows.push_back(RowOf(key, state));
      differs = true;
    }
  }
  if (!differs) {
    return;
  }
  for (const auto& [key, state] : saved_groups_) {
    if (!notifier_.groups.contains(key)) {
      change.rows.push_back(
          {MonitorStateKind::kGroup, StoredGroupKey(config_.route_ids[key.route], key.labels), ""});
    }
  }
  saved_groups_ = notifier_.groups;
}

// Those that flap, were told, and do not fire just now.
std::vector<Labels> AlertDesk::HeldOpen() const {
  std::vector<Labels> held;
  for (const auto& [key, group] : notifier_.groups) {
    for (const auto& [alert, record] : group.flaps) {
      if (record.flapping && !record.firing && group.told.contains(alert)) {
        held.push_back(alert);
      }
    }
  }
  return held;
}

const ReceiverSpec& AlertDesk::ReceiverOf(std::size_t route) const {
  const std::string& name = config_.policy.routes.options(route).receiver;
  const auto receiver =
      std::find_if(config_.receivers.begin(), config_.receivers.end(),
                   [&name](const ReceiverSpec& spec) { return spec.name == name; });
  WEIR_CHECK(receiver != config_.receivers.end());
  return *receiver;
}

void AlertDesk::Write(WallTime at, const Notification& notification,
                      store::MonitorChange& change) const {
  const NoticeWriter writer(config_, engine_);
  AlertNotice message = writer.Of(at, notification, config_.route_ids[notification.route]);
  message.event_id = NoticeEventId(message, notification.number, at);
  const ReceiverSpec& receiver = ReceiverOf(notification.route);
  const auto group = notifier_.groups.find({notification.route, notification.group});
  const bool all_are_told =
      notification.reason == NotifyReason::kAllResolved && group != notifier_.groups.end();
  std::vector<std::size_t> channels =
      all_are_told ? ToldOf(receiver, group->second) : UntimedOf(receiver);
  if (all_are_told) {
    // What the receiver's own channels with times were told is told to be over by TellTimed.
    std::erase_if(channels, [&](std::size_t channel) {
      const auto told = group->second.channels.find(config_.channels[channel].name);
      return receiver.channel_times.contains(channel) && told != group->second.channels.end() &&
             !told->second.told.empty();
    });
  }
  writer.Post(message, channels, change);
}

void AlertDesk::TellTimed(const FiringAlerts& now, std::span<const Notification> told,
                          store::MonitorChange& change) {
  if (std::all_of(config_.receivers.begin(), config_.receivers.end(),
                  [](const ReceiverSpec& receiver) { return receiver.channel_times.empty(); })) {
    return;
  }
  const RouteHours hours(config_.policy, now.at);
  const std::vector<MuteReason> mutes = MutesOf(config_.policy, now);
  std::set<Labels> audible;
  for (std::size_t i = 0; i < now.alerts.size(); ++i) {
    if (mutes[i] == MuteReason::kNotMuted) {
      audible.insert(now.alerts[i]);
    }
  }
  const ChannelHoursInput input = {
      .at = now.at,
      .told = told,
      .acknowledged = now.acknowledged,
      .channels_of = [&](std::size_t route) { return TimedOf(ReceiverOf(route), now.at); },
      .is_audible =
          [&](std::size_t route, const Labels& alert) {
            return audible.contains(alert) && !hours.IsMuted(route) &&
                   !IsDigested(config_.policy, now, route, alert);
          },
      .repeat_interval =
          [this](std::size_t route) {
            return config_.policy.routes.options(route).repeat_interval;
          }};
  for (ChannelDue& due : StepChannelHours(input, notifier_)) {
    const ReceiverSpec& receiver = ReceiverOf(due.message.route);
    due.message.receiver = receiver.name;
    const NoticeWriter writer(config_, engine_);
    AlertNotice message = writer.Of(now.at, due.message, config_.route_ids[due.message.route]);
    message.event_id = NoticeEventId(
        fmt::format("{}\nchannel {}\n{}", message.dedup_key, due.channel, CountNs(now.at)));
    for (const auto& [channel, times] : receiver.channel_times) {
      if (config_.channels[channel].name == due.channel) {
        writer.Post(message, {channel}, change);
      }
    }
    notifications_ += due.catches_up ? 1 : 0;
  }
}

std::vector<TimedChannel> AlertDesk::TimedOf(const ReceiverSpec& receiver, WallTime at) const {
  std::vector<TimedChannel> channels;
  for (const auto& [channel, times] : receiver.channel_times) {
    channels.push_back({config_.channels[channel].name, IsOpen(config_.policy, times, at)});
  }
  return channels;
}

void AlertDesk::Escalate(const FiringAlerts& now, std::span<const Notification> told,
                         store::MonitorChange& change) {
  const bool none_escalates =
      std::all_of(config_.receivers.begin(), config_.receivers.end(),
                  [](const ReceiverSpec& receiver) { return receiver.escalation.waits.empty(); });
  if (none_escalates) {
    return;
  }
  // Else a chain would end with each end of an alert that flaps.
  std::vector<Labels> going_on = HeldOpen();
  going_on.insert(going_on.end(), now.alerts.begin(), now.alerts.end());
  FiringAlerts with_held = now;
  with_held.alerts = going_on;
  const RouteHours hours(config_.policy, now.at);
  const EscalationInput input = {
      .at = now.at,
      .told = told,
      .open = OpenOf(config_.policy, with_held),
      .plan_of = [this](std::size_t route) -> const EscalationPlan& {
        return ReceiverOf(route).escalation;
      },
      .is_muted = [&hours](std::size_t route) { return hours.IsMuted(route); },
      .may_tell =
          [this](std::size_t route, std::size_t step, WallTime at) {
            const std::vector<TimesOfDay>& times = ReceiverOf(route).escalation.times;
            return step >= times.size() || IsOpen(config_.policy, times[step], at);
          },
      .is_digested =
          [this, &now](std::size_t route, const Labels& alert) {
            return IsDigested(config_.policy, now, route, alert);
          }};
  for (const EscalationDue& due : StepEscalations(input, notifier_)) {
    const ReceiverSpec& receiver = ReceiverOf(due.group.route);
    Notification notification;
    notification.route = due.group.route;
    notification.receiver = receiver.name;
    notification.group = due.group.labels;
    notification.firing = due.firing;
    const NoticeWriter writer(config_, engine_);
    AlertNotice message = writer.Of(now.at, notification, config_.route_ids[notification.route]);
    message.event_id = NoticeEventId(fmt::format("{}\nescalation {} {}\n{}", message.dedup_key,
                                                 due.round, due.step, CountNs(now.at)));
    message.escalation_step = due.step + 1;
    writer.Post(message, receiver.escalate_to[due.step], change);
  }
}

}  // namespace weir::monitor
