#include "monitor/alert_story.h"

#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/text.h"
#include "monitor/channels/alert_notice.h"
#include "monitor/state_codec.h"

namespace weir::monitor {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kTextMax = 300;

Json JsonOf(const std::optional<WallTime>& at) {
  return at ? Json(FormatMillis(*at)) : Json();
}

std::string_view StateName(store::DeliveryState state) {
  switch (state) {
    case store::DeliveryState::kWaiting:
      return "waiting";
    case store::DeliveryState::kDelivered:
      return "delivered";
    case store::DeliveryState::kGivenUp:
      return "given_up";
  }
  WEIR_CHECK(false);
}

Json JsonOf(const store::OutboxMessage& message) {
  return {{"channel", message.channel},           {"created_at", FormatMillis(message.created_at)},
          {"state", StateName(message.state)},    {"attempts", message.attempts},
          {"ended_at", JsonOf(message.ended_at)}, {"error", Printable(message.error, kTextMax)},
          {"event_id", message.event_id}};
}

Json JsonOf(const AlertGroup& group) {
  Json escalation;
  if (group.escalation) {
    escalation = {{"steps", group.steps},
                  {"rounds", group.rounds},
                  {"gone", group.escalation->next},
                  {"next_at", JsonOf(group.escalation->due_at)}};
  }
  return {{"receiver", group.receiver},
          {"labels", Json(group.labels)},
          {"told", group.told},
          {"quiet", group.quiet},
          {"last_at", JsonOf(group.last_at)},
          {"escalation", std::move(escalation)}};
}

Json JsonOf(const std::optional<Acknowledgement>& said) {
  return said ? Json{{"by", said->speaker.by},
                     {"comment", said->speaker.comment},
                     {"at", FormatMillis(said->at)}}
              : Json();
}

Json JsonOf(const std::optional<StoredSilence>& silence) {
  return silence ? Json{{"id", silence->id},
                        {"matchers", silence->matchers},
                        {"ends_at", FormatMillis(silence->silence.ends_at)},
                        {"by", silence->speaker.by},
                        {"comment", silence->speaker.comment}}
                 : Json();
}

template <typename T>
Json ListOf(const std::vector<T>& items) {
  Json list = Json::array();
  for (const T& item : items) {
    list.push_back(JsonOf(item));
  }
  return list;
}

}  // namespace

std::optional<AlertStory> BeginStory(const AlertDesk& desk, const MonitorConfig& config,
                                     WallTime at, std::string_view key) {
  std::optional<AlertEvidence> evidence = desk.EvidenceOf(at, key);
  if (!evidence) {
    return std::nullopt;
  }
  AlertStory story;
  story.at = at;
  story.evidence = std::move(*evidence);
  const std::vector<std::string_view> names = SourceNames(config);
  desk.engine().VisitSeries([&](const SeriesView& view) {
    if (view.alert.labels != story.evidence.view.alert.labels) {
      return;
    }
    story.trend = TrendOf(view, config.rules[view.alert.rule], names);
    if (view.track != nullptr) {
      story.beginning = view.track->beginning();
    }
  });
  return story;
}

void AddMessages(store::MonitorBook& book, AlertStory& story) {
  std::vector<std::string> dedup_keys;
  for (const AlertGroup& group : story.evidence.groups) {
    dedup_keys.push_back(group.dedup_key);
  }
  auto messages = book.ListMessagesOf(dedup_keys, story.evidence.view.alert.state.active_since,
                                      AlertStory::kMessagesMax);
  if (messages) {
    story.messages = std::move(*messages);
  } else {
    story.messages_trouble = messages.error().message;
  }
}

std::string AlertStoryJson(const AlertStory& story) {
  const AlertInstance& alert = story.evidence.view.alert;
  // Its own chart, and the one of how it began: the same fields.
  SeriesTrend began = story.trend;
  began.points = story.beginning;
  began.fan.reset();
  Trends trends;
  trends.at = story.at;
  trends.series = {story.trend, std::move(began)};
  trends.gates = story.gates;
  Json drawn = Json::parse(TrendsJson(trends), nullptr, false);
  const Json json = {
      {"schema", "weir.monitor_alert/1"},
      {"at", FormatMillis(story.at)},
      {"id", AlertKey(alert.labels)},
      {"rule", story.trend.rule},
      {"in_words", story.trend.in_words},
      {"labels", Json(alert.labels)},
      {"annotations", Json(alert.annotations)},
      {"phase", AlertPhaseName(alert.state.phase)},
      {"active_since", FormatMillis(alert.state.active_since)},
      {"fired_at", JsonOf(alert.state.fired_at)},
      {"resolved_at", JsonOf(alert.state.resolved_at)},
      {"muted", MuteReasonName(story.evidence.view.muted)},
      {"flaps", story.evidence.view.flaps},
      {"acknowledged", JsonOf(story.evidence.view.acknowledged)},
      {"silence", JsonOf(story.evidence.silence)},
      {"groups", ListOf(story.evidence.groups)},
      {"messages", ListOf(story.messages)},
      {"messages_trouble", story.messages_trouble.empty() ? Json() : Json(story.messages_trouble)},
      {"now", std::move(drawn["series"][0])},
      {"beginning", story.beginning.empty() ? Json() : std::move(drawn["series"][1])},
      {"marks", std::move(drawn["marks"])}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace weir::monitor
