#include "monitor/digest_desk.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "monitor/channels/alert_notice.h"
#include "monitor/channels/render.h"
#include "monitor/state_codec.h"
#include "monitor/state_times.h"

namespace weir::monitor {
namespace {

using store::MonitorStateKind;
using store::MonitorStateRow;

MonitorStateRow HeadRow(const std::string& receiver, const DigestState& state) {
  StoredDigest stored;
  stored.receiver = receiver;
  stored.state.since = state.since;
  stored.state.left_out = state.left_out;
  return {MonitorStateKind::kDigest, DigestKey(receiver, {}), EncodeDigest(stored)};
}

MonitorStateRow EntryRow(const std::string& receiver, const Labels& labels,
                         const DigestEntry& entry) {
  StoredDigest stored;
  stored.receiver = receiver;
  stored.labels = labels;
  stored.entry = entry;
  return {MonitorStateKind::kDigest, DigestKey(receiver, labels), EncodeDigest(stored)};
}

ToldAlert Told(const Labels& labels, const DigestEntry& entry) {
  ToldAlert told;
  told.firing = entry.firing_since.has_value();
  told.labels = labels;
  told.annotations = entry.annotations;
  told.starts_at = entry.first_at;
  told.ends_at = entry.ended_at.value_or(entry.first_at);
  told.digest = {.began = entry.began, .fired = entry.fired};
  return told;
}

// What `before` has and `now` does not, goes; what differs is written.
void SaveOne(const std::string& receiver, const DigestState& before, const DigestState& now,
             store::MonitorChange& change) {
  if (before.since != now.since || before.left_out != now.left_out) {
    change.rows.push_back(HeadRow(receiver, now));
  }
  for (const auto& [labels, entry] : now.entries) {
    const auto old = before.entries.find(labels);
    if (old == before.entries.end() || old->second != entry) {
      change.rows.push_back(EntryRow(receiver, labels, entry));
    }
  }
  for (const auto& [labels, entry] : before.entries) {
    if (!now.entries.contains(labels)) {
      change.rows.push_back({MonitorStateKind::kDigest, DigestKey(receiver, labels), ""});
    }
  }
}

}  // namespace

DigestDesk::DigestDesk(const MonitorConfig& config) : config_(config) {
  for (std::size_t route = 0; route < config.route_ids.size(); ++route) {
    has_routes_ = has_routes_ || config.policy.routes.options(route).digest;
  }
  for (std::size_t rule = 0; rule < config.rules.size(); ++rule) {
    if (!config.never_demoted.contains(rule)) {
      may_be_demoted_.insert(config.rules[rule].name);
    }
  }
}

void DigestDesk::Restore(const MonitorStateRow& row) {
  if (row.kind == MonitorStateKind::kDemoted) {
    saved_demoted_.insert(row.key);
    return;
  }
  const std::optional<StoredDigest> stored = DecodeDigest(row.value);
  if (!stored) {
    return;
  }
  const auto known = std::find_if(
      config_.receivers.begin(), config_.receivers.end(),
      [&stored](const ReceiverSpec& receiver) { return receiver.name == stored->receiver; });
  const auto put = [&stored](DigestBook& book) {
    DigestState& state = book[stored->receiver];
    if (stored->labels) {
      state.entries.insert_or_assign(*stored->labels, stored->entry);
    } else {
      state.since = stored->state.since;
      state.left_out = stored->state.left_out;
    }
  };
  put(saved_);
  if (known != config_.receivers.end()) {
    put(book_);
  }
}

void DigestDesk::TakeOver(DigestDesk&& before) {
  saved_ = std::move(before.saved_);
  saved_demoted_ = std::move(before.saved_demoted_);
  for (const ReceiverSpec& receiver : config_.receivers) {
    if (const auto found = before.book_.find(receiver.name); found != before.book_.end()) {
      book_.insert(*found);
    }
  }
}

std::set<Labels> DigestDesk::Demote(const std::vector<AlertMark>& marks, WallTime at,
                                    const RuleEngine& engine, std::span<const Labels> firing) {
  demoted_.clear();
  if (!marks.empty()) {
    for (const auto& [rule, precision] : PrecisionOf(marks, at)) {
      if (precision.IsLow() && may_be_demoted_.contains(rule)) {
        demoted_.emplace(rule, precision);
      }
    }
  }
  return DemotedOf(engine, firing);
}

std::set<Labels> DigestDesk::DemotedOf(const RuleEngine& engine,
                                       std::span<const Labels> firing) const {
  std::set<Labels> alerts;
  if (demoted_.empty()) {
    return alerts;
  }
  for (const Labels& labels : firing) {
    const AlertInstance* alert = engine.Find(labels);
    if (alert != nullptr && !config_.never_demoted.contains(alert->rule) &&
        demoted_.contains(config_.rules[alert->rule].name)) {
      alerts.insert(labels);
    }
  }
  return alerts;
}

std::size_t DigestDesk::Step(const FiringAlerts& now, const RuleEngine& engine,
                             store::MonitorChange& change) {
  std::vector<DigestAlert> alerts;
  if (has_routes_ || (now.demoted != nullptr && !now.demoted->empty())) {
    alerts = DigestedAlerts(config_.policy, now);
  }
  for (DigestAlert& alert : alerts) {
    if (const AlertInstance* found = engine.Find(alert.labels)) {
      alert.annotations = found->annotations;
      alert.begins = found->state.fired_at == now.at;
    }
  }
  const std::vector<DigestDue> due = StepDigests(config_.digest, now.at, alerts, now.alerts, book_);
  for (const DigestDue& digest : due) {
    Write(digest, change);
  }
  Save(change);
  return due.size();
}

bool DigestDesk::TellsOnlyInDigest(const FiringAlerts& now, const Labels& alert) const {
  if (!has_routes_ && (now.demoted == nullptr || now.demoted->empty())) {
    return false;
  }
  const RouteHours hours(config_.policy, now.at);
  const std::vector<std::size_t> routes = config_.policy.routes.Match(alert);
  return std::all_of(routes.begin(), routes.end(), [&](std::size_t route) {
    return hours.IsMuted(route) || IsDigested(config_.policy, now, route, alert);
  });
}

void DigestDesk::Write(const DigestDue& due, store::MonitorChange& change) const {
  AlertNotice message;
  message.group_key = "digest";
  message.dedup_key = Sha256Hex(due.receiver + "\ndigest");
  message.event_id =
      "msg_" +
      Sha256Hex(fmt::format("{}\ndigest\n{}", message.dedup_key, CountNs(due.to))).substr(0, 32);
  message.receiver = due.receiver;
  message.at = due.to;
  message.link = config_.link;
  message.digest =
      DigestSpan{.from = due.from, .to = due.to, .left_out = due.left_out, .notes = {}};
  std::set<std::string> rules;
  for (const auto& [labels, entry] : due.entries) {
    rules.emplace(LabelValue(labels, "alertname"));
    if (message.alerts.size() < AlertNotice::kAlertsMax) {
      message.alerts.push_back(Told(labels, entry));
    } else {
      ++message.truncated;
    }
  }
  for (const auto& [rule, precision] : demoted_) {
    if (rules.contains(rule)) {
      message.digest->notes.push_back(DemotedInWords(rule, precision));
    }
  }
  const auto receiver =
      std::find_if(config_.receivers.begin(), config_.receivers.end(),
                   [&due](const ReceiverSpec& spec) { return spec.name == due.receiver; });
  std::set<std::size_t> done;
  for (const std::size_t index : receiver->channels) {
    const ChannelSpec& channel = config_.channels[index];
    if (!done.insert(index).second || !TakesDigests(channel.kind)) {
      continue;
    }
    change.messages.push_back(OutboxOf(channel, message));
  }
}

void DigestDesk::Save(store::MonitorChange& change) {
  if (book_ != saved_) {
    for (const auto& [receiver, state] : book_) {
      const auto old = saved_.find(receiver);
      SaveOne(receiver, old == saved_.end() ? DigestState() : old->second, state, change);
    }
    for (const auto& [receiver, state] : saved_) {
      if (!book_.contains(receiver)) {
        change.rows.push_back({MonitorStateKind::kDigest, DigestKey(receiver, {}), ""});
        SaveOne(receiver, state, {state.since, {}, state.left_out}, change);
      }
    }
    saved_ = book_;
  }
  std::set<std::string> demoted;
  for (const auto& [rule, precision] : demoted_) {
    demoted.insert(rule);
    if (!saved_demoted_.contains(rule)) {
      change.rows.push_back({MonitorStateKind::kDemoted, rule, EncodeDemoted(rule)});
    }
  }
  for (const std::string& rule : saved_demoted_) {
    if (!demoted.contains(rule)) {
      change.rows.push_back({MonitorStateKind::kDemoted, rule, ""});
    }
  }
  saved_demoted_ = std::move(demoted);
}

void DigestDesk::ClockSetBack(Nanos by) {
  for (auto& [receiver, state] : book_) {
    MoveBack(state, by);
  }
}

WallTime DigestDesk::Latest() const {
  WallTime latest = WallTime::min();
  for (const auto& [receiver, state] : book_) {
    latest = std::max(latest, LatestIn(state));
  }
  return latest;
}

std::vector<MonitorStateRow> DigestDesk::Whole() const {
  std::vector<MonitorStateRow> rows;
  for (const auto& [receiver, state] : book_) {
    rows.push_back(HeadRow(receiver, state));
    for (const auto& [labels, entry] : state.entries) {
      rows.push_back(EntryRow(receiver, labels, entry));
    }
  }
  for (const auto& [rule, precision] : demoted_) {
    rows.push_back({MonitorStateKind::kDemoted, rule, EncodeDemoted(rule)});
  }
  return rows;
}

}  // namespace weir::monitor
