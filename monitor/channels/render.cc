#include "monitor/channels/render.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/text.h"
#include "monitor/channels/mail.h"
#include "monitor/state_codec.h"

namespace weir::monitor {
namespace {

using Json = nlohmann::ordered_json;

// What Alertmanager writes for a time that is not there.
constexpr const char* kNoTime = "0001-01-01T00:00:00Z";
// Limits of PagerDuty: 1,024 characters, of which one may take four bytes; 512 KB.
constexpr std::size_t kSummaryBytesMax = 1024;
// An alert in an Alertmanager ends by itself so long after weir was heard last.
constexpr Nanos kAlertmanagerHolds = std::chrono::hours(24);

// Foreign bytes in a text must not make the whole unreadable.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json JsonOf(const Labels& labels) {
  Json json = Json::object();
  for (const auto& [name, value] : labels) {
    json[name] = value;
  }
  return json;
}

std::string LinkOf(const AlertNotice& message, const ToldAlert& alert) {
  return message.links_alerts ? AlertLink(message.link, alert.labels) : message.link;
}

// Of one alert its own page, of several the one of all.
std::string LinkOf(const AlertNotice& message) {
  const bool is_one = message.alerts.size() == 1 && message.truncated == 0;
  return is_one ? LinkOf(message, message.alerts.front()) : message.link;
}

Json WebhookJson(const AlertNotice& message) {
  Json alerts = Json::array();
  for (const ToldAlert& alert : message.alerts) {
    std::string identity;
    for (const auto& [name, value] : alert.labels) {
      identity.append(name).append(1, '\xff').append(value).append(1, '\xff');
    }
    Json json = {{"status", alert.firing ? "firing" : "resolved"},
                 {"labels", JsonOf(alert.labels)},
                 {"annotations", JsonOf(alert.annotations)},
                 {"startsAt", FormatMillis(alert.starts_at)},
                 {"endsAt", alert.firing ? kNoTime : FormatMillis(alert.ends_at)},
                 {"generatorURL", LinkOf(message, alert)},
                 {"fingerprint", Sha256Hex(identity).substr(0, 16)}};
    if (!alert.flaps.empty()) {
      json["flapping"] = alert.flaps;
    }
    if (alert.digest) {
      json["began"] = alert.digest->began;
      json["firedSeconds"] = Seconds(alert.digest->fired);
    }
    alerts.push_back(std::move(json));
  }
  Json json = {{"receiver", message.receiver},
               {"status", message.Status()},
               {"alerts", std::move(alerts)},
               {"groupLabels", JsonOf(message.group)},
               {"commonLabels", JsonOf(message.CommonLabels())},
               {"commonAnnotations", JsonOf(message.CommonAnnotations())},
               {"externalURL", message.link},
               {"version", "4"},
               {"groupKey", message.group_key},
               {"truncatedAlerts", message.truncated},
               {"eventId", message.event_id},
               {"dedupKey", message.dedup_key}};
  if (!message.acknowledge_link.empty()) {
    json["acknowledgeURL"] = message.acknowledge_link;
  }
  if (message.escalation_step > 0) {
    json["escalationStep"] = message.escalation_step;
  }
  if (message.digest) {
    json["kind"] = "digest";
    json["digest"] = {{"from", FormatMillis(message.digest->from)},
                      {"to", FormatMillis(message.digest->to)},
                      {"leftOut", message.digest->left_out},
                      {"notes", message.digest->notes}};
  }
  return json;
}

std::string InWords(const DigestFacts& facts) {
  const std::string began = facts.began == 0   ? "fires on from before"
                            : facts.began == 1 ? "began once"
                                               : fmt::format("began {} times", facts.began);
  return fmt::format("{}, {} in all", began, FormatDuration(facts.fired));
}

/// One line for each alert: its summary, else its labels; that it flaps, and what a digest says.
std::string Lines(const AlertNotice& message, bool firing) {
  std::string text;
  for (const ToldAlert& alert : message.alerts) {
    if (alert.firing != firing) {
      continue;
    }
    std::string_view line = LabelValue(alert.annotations, "summary");
    std::string labels;
    if (line.empty() || alert.digest) {
      for (const auto& [name, value] : alert.labels) {
        labels += fmt::format("{}{}={}", labels.empty() ? "" : ", ", name, value);
      }
      labels += line.empty() ? "" : fmt::format(": {}", line);
      line = labels;
    }
    text += fmt::format("{}{}", text.empty() ? "" : "\n", line);
    text += alert.flaps.empty() ? "" : fmt::format(" ({})", alert.flaps);
    text += alert.digest ? fmt::format(" ({})", InWords(*alert.digest)) : "";
  }
  return text;
}

// What stands below the alerts of a digest.
std::string NotesOf(const DigestSpan& digest) {
  std::string text;
  for (const std::string& note : digest.notes) {
    text += fmt::format("{}\n", note);
  }
  if (digest.left_out > 0) {
    text += fmt::format("{} beginnings of more alerts were only counted\n", digest.left_out);
  }
  return text +
         fmt::format("from {} to {}", FormatWallTime(digest.from), FormatWallTime(digest.to));
}

std::string_view SlackColour(const AlertNotice& message) {
  const bool firing = message.CountFiring() > 0;
  return message.digest ? "warning" : firing ? "danger" : "good";
}

// Markup in texts is escaped: "<!here>" in a label would page everybody.
Json SlackJson(const ChannelSpec& channel, const AlertNotice& message) {
  const bool firing = message.CountFiring() > 0;
  const std::string title = EscapedMarkup(message.Title());
  std::string text = EscapedMarkup(Lines(message, true));
  if (const std::string ended = EscapedMarkup(Lines(message, false)); !ended.empty()) {
    text += fmt::format("{}{}{}", text.empty() ? "" : "\n", firing ? "Ended: " : "", ended);
  }
  if (message.truncated > 0) {
    text += fmt::format("\nand {} more", message.truncated);
  }
  if (message.digest) {
    text += "\n" + EscapedMarkup(NotesOf(*message.digest));
  }
  if (!message.acknowledge_link.empty()) {
    text += fmt::format("\n<{}|I look after it>", EscapedMarkup(message.acknowledge_link));
  }
  Json attachment = {{"title", title},
                     {"title_link", LinkOf(message)},
                     {"text", text},
                     {"fallback", message.link.empty() ? title : title + " | " + LinkOf(message)},
                     {"callback_id", message.dedup_key},
                     {"color", SlackColour(message)},
                     {"mrkdwn_in", {"fallback", "pretext", "text"}}};
  Json json = Json::object();
  if (!channel.target.empty()) {
    json["channel"] = channel.target;
  }
  json["username"] = "weir";
  json["attachments"] = Json::array({std::move(attachment)});
  return json;
}

std::string_view PagerDutySeverity(std::string_view severity) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kKnown = {
      {{"critical", "critical"},
       {"page", "critical"},
       {"error", "error"},
       {"warning", "warning"},
       {"warn", "warning"},
       {"ticket", "warning"},
       {"info", "info"},
       {"none", "info"}}};
  const auto* const found = std::find_if(
      kKnown.begin(), kKnown.end(), [severity](const auto& one) { return one.first == severity; });
  return found == kKnown.end() ? "error" : found->second;
}

Json PagerDutyJson(const AlertNotice& message) {
  const Labels common = message.CommonLabels();
  const std::size_t firing = message.CountFiring();
  const auto label_or = [&](const char* name, std::string_view other) {
    const std::string_view value = LabelValue(common, name);
    return std::string(value.empty() ? other : value);
  };
  Json payload = {{"summary", Printable(message.Title(), kSummaryBytesMax)},
                  {"source", label_or("instance", message.link.empty() ? "weir" : message.link)},
                  {"severity", PagerDutySeverity(LabelValue(common, "severity"))},
                  {"timestamp", FormatMillis(message.at)},
                  {"component", label_or("service", label_or("job", ""))},
                  {"group", label_or("cluster", "")},
                  {"class", label_or("alertname", "")},
                  {"custom_details",
                   {{"firing", Printable(Lines(message, true), 50'000)},
                    {"resolved", Printable(Lines(message, false), 50'000)},
                    {"num_firing", std::to_string(firing)},
                    {"num_resolved", std::to_string(message.alerts.size() - firing)},
                    {"event_id", message.event_id}}}};
  Json json = {{"routing_key", kSecretMark},
               {"dedup_key", message.dedup_key},
               {"event_action", firing > 0 ? "trigger" : "resolve"},
               {"payload", std::move(payload)},
               {"client", "weir"}};
  if (!message.link.empty()) {
    json["client_url"] = message.link;
    json["links"] = Json::array({{{"href", LinkOf(message)}, {"text", "weir"}}});
  }
  if (!message.acknowledge_link.empty()) {
    json["links"].push_back({{"href", message.acknowledge_link}, {"text", "I look after it"}});
  }
  return json;
}

Json AlertmanagerJson(const AlertNotice& message) {
  Json alerts = Json::array();
  for (const ToldAlert& alert : message.alerts) {
    const WallTime ends = alert.firing ? message.at + kAlertmanagerHolds : alert.ends_at;
    alerts.push_back({{"labels", JsonOf(alert.labels)},
                      {"annotations", JsonOf(alert.annotations)},
                      {"startsAt", FormatMillis(std::min(alert.starts_at, ends))},
                      {"endsAt", FormatMillis(ends)},
                      {"generatorURL", LinkOf(message, alert)}});
  }
  return alerts;
}

std::string MailText(const AlertNotice& message) {
  std::string text = message.Title() + "\n";
  for (const bool firing : {true, false}) {
    if (const std::string lines = Lines(message, firing); !lines.empty()) {
      const std::string_view fires = message.digest ? "Still firing" : "Firing";
      text += fmt::format("\n{}:\n{}\n", firing ? fires : "Ended", lines);
    }
  }
  if (message.truncated > 0) {
    text += fmt::format("\nand {} more\n", message.truncated);
  }
  text += message.digest ? fmt::format("\n{}\n", NotesOf(*message.digest)) : "";
  text += message.acknowledge_link.empty()
              ? ""
              : fmt::format("\nI look after it: {}\n", message.acknowledge_link);
  text += message.link.empty() ? "" : fmt::format("\n{}\n", LinkOf(message));
  return text;
}

}  // namespace

std::string RenderMessage(const ChannelSpec& channel, const AlertNotice& message) {
  switch (channel.kind) {
    case ChannelKind::kWebhook:
    case ChannelKind::kExec:
    case ChannelKind::kFile:
      return Dump(WebhookJson(message));
    case ChannelKind::kSlack:
      return Dump(SlackJson(channel, message));
    case ChannelKind::kPagerDuty:
      return Dump(PagerDutyJson(message));
    case ChannelKind::kAlertmanager:
      return Dump(AlertmanagerJson(message));
    case ChannelKind::kEmail:
      return RenderMail({.from = channel.from,
                         .to = channel.to,
                         .subject = message.Title(),
                         .text = MailText(message),
                         .id = message.event_id,
                         .thread = message.dedup_key,
                         .at = message.at});
  }
  WEIR_CHECK(false);
}

store::OutboxMessage OutboxOf(const ChannelSpec& channel, const AlertNotice& message) {
  store::OutboxMessage out;
  out.event_id = message.event_id;
  out.dedup_key = message.dedup_key;
  out.channel = channel.name;
  out.payload = RenderMessage(channel, message);
  out.created_at = message.at;
  out.due_at = message.at;
  return out;
}

bool TakesDigests(ChannelKind kind) {
  return kind != ChannelKind::kPagerDuty && kind != ChannelKind::kAlertmanager;
}

double DefaultPerSecond(ChannelKind kind) {
  return kind == ChannelKind::kSlack ? 1 : 10;
}

std::string_view ChannelKindName(ChannelKind kind) {
  switch (kind) {
    case ChannelKind::kWebhook:
      return "webhook";
    case ChannelKind::kSlack:
      return "slack";
    case ChannelKind::kPagerDuty:
      return "pagerduty";
    case ChannelKind::kAlertmanager:
      return "alertmanager";
    case ChannelKind::kEmail:
      return "email";
    case ChannelKind::kExec:
      return "exec";
    case ChannelKind::kFile:
      return "file";
  }
  WEIR_CHECK(false);
}

std::string AlertLink(std::string_view base, const Labels& labels) {
  while (base.ends_with('/')) {
    base.remove_suffix(1);
  }
  return fmt::format("{}/?alert={}", base, AlertKey(labels));
}

}  // namespace weir::monitor
