#include "monitor/notice_writer.h"

#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/acknowledge_link.h"
#include "monitor/channels/render.h"
#include "monitor/state_codec.h"

namespace weir::monitor {
namespace {

/// `{alertname="HighErrors", service="shop"}`: as Alertmanager writes it.
std::string Written(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ", ", name, value);
  }
  return "{" + text + "}";
}

std::string GroupKeyOf(const std::string& route_id, const Labels& group) {
  return fmt::format("{}:{}", route_id, Written(group));
}

std::string DedupKeyOf(const std::string& receiver, const std::string& group_key) {
  return Sha256Hex(receiver + '\n' + group_key);
}

ToldAlert Told(const RuleEngine& engine, const Labels& labels, bool firing, WallTime at) {
  ToldAlert told{.firing = firing,
                 .labels = labels,
                 .annotations = {},
                 .starts_at = at,
                 .ends_at = at,
                 .flaps = {}};
  if (const AlertInstance* alert = engine.Find(labels)) {
    told.annotations = alert->annotations;
    told.starts_at = alert->state.fired_at.value_or(at);
    told.ends_at = alert->state.resolved_at.value_or(at);
  }
  return told;
}

std::string InWords(const FlapNote& note, const FlapLimits& limits) {
  const std::string span = FormatDuration(limits.window);
  return note.flapping ? fmt::format("flapping: began {} times; told again once it is calm for {}",
                                     note.count, span)
                       : fmt::format("calm for {} after it began {} times", span, note.count);
}

}  // namespace

std::string NoticeDedupKey(const std::string& receiver, const std::string& route_id,
                           const Labels& group) {
  return DedupKeyOf(receiver, GroupKeyOf(route_id, group));
}

AlertNotice NoticeWriter::Of(WallTime at, const Notification& notification,
                             const std::string& route_id) const {
  AlertNotice message;
  message.group_key = GroupKeyOf(route_id, notification.group);
  message.dedup_key = DedupKeyOf(notification.receiver, message.group_key);
  message.receiver = notification.receiver;
  message.group = notification.group;
  message.at = at;
  message.link = config_.link;
  message.links_alerts = config_.service.has_value() && !config_.link.empty();
  const FlapLimits limits =
      config_.policy.routes.options(notification.route).flapping.value_or(config_.policy.flapping);
  for (const bool firing : {true, false}) {
    for (const Labels& labels : firing ? notification.firing : notification.resolved) {
      if (message.alerts.size() < AlertNotice::kAlertsMax) {
        message.alerts.push_back(Told(engine_, labels, firing, at));
        if (const auto note = notification.flaps.find(labels); note != notification.flaps.end()) {
          message.alerts.back().flaps = InWords(note->second, limits);
        }
      } else {
        ++message.truncated;
      }
    }
  }
  if (config_.service && !config_.service->link_key.empty() && !notification.firing.empty()) {
    message.acknowledge_link =
        AcknowledgeLink(config_.link, config_.service->link_key,
                        {.group = StoredGroupKey(route_id, notification.group),
                         .told_at = at,
                         .expires_at = at + kLinkGood});
  }
  return message;
}

void NoticeWriter::Post(const AlertNotice& message, const std::vector<std::size_t>& channels,
                        store::MonitorChange& change) const {
  std::set<std::size_t> done;
  for (const std::size_t index : channels) {
    const ChannelSpec& channel = config_.channels[index];
    if (!done.insert(index).second || (message.CountFiring() == 0 && !channel.send_resolved)) {
      continue;
    }
    change.messages.push_back(OutboxOf(channel, message));
  }
}

std::string NoticeEventId(const std::string& what) {
  return "msg_" + Sha256Hex(what).substr(0, 32);
}

std::string NoticeEventId(const AlertNotice& message, std::uint64_t number, WallTime at) {
  return NoticeEventId(fmt::format("{}\n{}\n{}", message.dedup_key, number, CountNs(at)));
}

}  // namespace weir::monitor
