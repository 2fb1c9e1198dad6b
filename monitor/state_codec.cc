#include "monitor/state_codec.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "monitor/alerts/escalation.h"
#include "monitor/channels/alert_notice.h"

namespace weir::monitor {
namespace {

using Json = nlohmann::json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json JsonOf(const std::optional<WallTime>& at) {
  return at ? Json(CountNs(*at)) : Json();
}

std::optional<WallTime> TimeOf(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number_integer()) {
    return std::nullopt;
  }
  return WallTime(Nanos(found->get<std::int64_t>()));
}

std::size_t CountOf(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number_unsigned() ? found->get<std::size_t>() : 0;
}

double NumberOf(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<double>() : 0;
}

using ForecastCounts = analysis::ForecastTally::Counts;

Json JsonOf(const ForecastCounts& counts) {
  Json bins = Json::array();
  for (const analysis::ForecastTally::Bin& bin : counts.bins) {
    bins.push_back({{"count", bin.count}, {"happened", bin.happened}, {"stated", bin.stated}});
  }
  return {{"bins", std::move(bins)}, {"count", counts.count},
          {"right", counts.right},   {"confidence", counts.confidence},
          {"bands", counts.bands},   {"in_bands", counts.in_bands}};
}

// Only what could have been counted so.
std::optional<ForecastCounts> CountsOf(const Json& json) {
  ForecastCounts counts{};
  const Json bins = json.is_object() ? json.value("bins", Json()) : Json();
  if (!bins.is_array() || bins.size() != counts.bins.size()) {
    return std::nullopt;
  }
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < counts.bins.size(); ++i) {
    if (!bins[i].is_object()) {
      return std::nullopt;
    }
    analysis::ForecastTally::Bin& bin = counts.bins[i];
    bin.count = CountOf(bins[i], "count");
    bin.happened = CountOf(bins[i], "happened");
    bin.stated = NumberOf(bins[i], "stated");
    if (bin.count > analysis::ForecastTally::kGeneration || bin.happened > bin.count) {
      return std::nullopt;
    }
    sum += bin.count;
  }
  counts.count = CountOf(json, "count");
  counts.right = CountOf(json, "right");
  counts.confidence = NumberOf(json, "confidence");
  counts.bands = CountOf(json, "bands");
  counts.in_bands = CountOf(json, "in_bands");
  const bool fits = counts.count == sum && counts.right <= sum && counts.bands <= sum &&
                    counts.in_bands <= counts.bands;
  return fits ? std::optional(counts) : std::nullopt;
}

std::optional<Labels> LabelsOf(const Json& json) {
  if (!json.is_object()) {
    return std::nullopt;
  }
  Labels labels;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_string()) {
      return std::nullopt;
    }
    labels.emplace(name, value.get<std::string>());
  }
  return labels;
}

std::optional<Labels> LabelsOf(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() ? std::nullopt : LabelsOf(*found);
}

std::string TextOf(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

Speaker SpeakerOf(const Json& json) {
  return {TextOf(json, "by"), TextOf(json, "comment")};
}

Json JsonOf(const FlapBook& book) {
  Json list = Json::array();
  for (const auto& [alert, record] : book) {
    Json began = Json::array();
    for (const WallTime at : record.began) {
      began.push_back(CountNs(at));
    }
    list.push_back({{"labels", alert},
                    {"began_ns", std::move(began)},
                    {"changed_at_ns", CountNs(record.changed_at)},
                    {"count", record.count},
                    {"firing", record.firing},
                    {"flapping", record.flapping},
                    {"told", record.told}});
  }
  return list;
}

// What is damaged is left out: an alert without a record is told as ever.
FlapBook FlapsOf(const Json& list) {
  FlapBook book;
  for (const Json& item : list.is_array() ? list : Json::array()) {
    const std::optional<Labels> labels = item.is_object() ? LabelsOf(item, "labels") : std::nullopt;
    const std::optional<WallTime> changed_at =
        labels ? TimeOf(item, "changed_at_ns") : std::nullopt;
    const Json began = changed_at ? item.value("began_ns", Json()) : Json();
    if (!began.is_array() || book.size() >= kFlapRecordsMax) {
      continue;
    }
    FlapRecord record{.began = {}, .changed_at = *changed_at, .count = CountOf(item, "count")};
    for (const Json& at : began) {
      if (at.is_number_integer() && record.began.size() <= FlapLimits::kTimesMax) {
        record.began.emplace_back(Nanos(at.get<std::int64_t>()));
      }
    }
    record.firing = item.value("firing", Json()) == true;
    record.flapping = item.value("flapping", Json()) == true;
    record.told = item.value("told", Json()) == true;
    book.emplace(*labels, std::move(record));
  }
  return book;
}

// Older ones have how many of the first were told.
std::set<std::size_t> StepsOf(const Json& told) {
  std::set<std::size_t> steps;
  for (std::size_t step = 0; step < EscalationPlan::kStepsMax; ++step) {
    const bool is_one_of = told.is_array()
                               ? std::find(told.begin(), told.end(), Json(step)) != told.end()
                               : told.is_number_unsigned() && step < told.get<std::size_t>();
    if (is_one_of) {
      steps.insert(step);
    }
  }
  return steps;
}

std::string KeyOf(std::string_view before, const Labels& labels) {
  return Sha256Hex(std::string(before) + '\n' + Dump(Json(labels))).substr(0, 32);
}

}  // namespace

std::string EncodeAlert(const AlertInstance& alert) {
  const AlertState& state = alert.state;
  return Dump(
      {{"labels", alert.labels},
       {"annotations", alert.annotations},
       {"phase", AlertPhaseName(state.phase)},
       {"active_since_ns", CountNs(state.active_since)},
       {"fired_at_ns", JsonOf(state.fired_at)},
       {"kept_since_ns", JsonOf(state.kept_since)},
       {"resolved_at_ns", JsonOf(state.resolved_at)},
       {"value", alert.value && std::isfinite(*alert.value) ? Json(*alert.value) : Json()}});
}

std::optional<AlertInstance> DecodeAlert(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) {
    return std::nullopt;
  }
  AlertInstance alert;
  std::optional<Labels> labels = LabelsOf(json, "labels");
  std::optional<Labels> annotations = LabelsOf(json, "annotations");
  const std::optional<WallTime> active_since = TimeOf(json, "active_since_ns");
  const Json phase = json.value("phase", Json());
  if (!labels || !annotations || !active_since) {
    return std::nullopt;
  }
  alert.labels = std::move(*labels);
  alert.annotations = std::move(*annotations);
  alert.state.active_since = *active_since;
  alert.state.fired_at = TimeOf(json, "fired_at_ns");
  alert.state.kept_since = TimeOf(json, "kept_since_ns");
  alert.state.resolved_at = TimeOf(json, "resolved_at_ns");
  if (const Json value = json.value("value", Json()); value.is_number()) {
    alert.value = value.get<double>();
  }
  for (const AlertPhase known :
       {AlertPhase::kInactive, AlertPhase::kPending, AlertPhase::kFiring}) {
    if (phase == AlertPhaseName(known)) {
      alert.state.phase = known;
      return alert;
    }
  }
  return std::nullopt;
}

namespace {

Json JsonOf(const std::map<std::string, ChannelTold>& channels) {
  Json list = Json::array();
  for (const auto& [name, channel] : channels) {
    list.push_back(
        {{"name", name}, {"told", channel.told}, {"last_at_ns", JsonOf(channel.last_at)}});
  }
  return list;
}

// One that cannot be read is as one that is new: it counts as told what the group was.
std::map<std::string, ChannelTold> ChannelsOf(const Json& list) {
  std::map<std::string, ChannelTold> channels;
  for (const Json& item : list.is_array() ? list : Json::array()) {
    const Json name = item.is_object() ? item.value("name", Json()) : Json();
    const Json told = item.is_object() ? item.value("told", Json()) : Json();
    if (!name.is_string() || !told.is_array()) {
      continue;
    }
    ChannelTold channel;
    channel.last_at = TimeOf(item, "last_at_ns");
    for (const Json& alert : told) {
      if (std::optional<Labels> labels = LabelsOf(alert)) {
        channel.told.insert(std::move(*labels));
      }
    }
    channels.insert_or_assign(name.get<std::string>(), std::move(channel));
  }
  return channels;
}

}  // namespace

std::string EncodeGroup(const StoredGroup& group) {
  Json escalation;
  if (const auto& chain = group.state.escalation) {
    escalation = {
        {"next", chain->next}, {"due_at_ns", JsonOf(chain->due_at)}, {"told", chain->told}};
  }
  return Dump({{"route", group.route_id},
               {"receiver", group.receiver},
               {"labels", group.labels},
               {"told", group.state.told},
               {"waiting_since_ns", JsonOf(group.state.waiting_since)},
               {"last_at_ns", JsonOf(group.state.last_at)},
               {"number", group.state.number},
               {"looks_over", group.state.looks_over},
               {"escalation", std::move(escalation)},
               {"flaps", JsonOf(group.state.flaps)},
               {"channels", JsonOf(group.state.channels)}});
}

std::optional<StoredGroup> DecodeGroup(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) {
    return std::nullopt;
  }
  StoredGroup group;
  const Json route = json.value("route", Json());
  const Json told = json.value("told", Json());
  const Json number = json.value("number", Json());
  std::optional<Labels> labels = LabelsOf(json, "labels");
  if (!route.is_string() || !told.is_array() || !number.is_number_unsigned() || !labels) {
    return std::nullopt;
  }
  group.route_id = route.get<std::string>();
  if (const Json receiver = json.value("receiver", Json()); receiver.is_string()) {
    group.receiver = receiver.get<std::string>();
  }
  group.labels = std::move(*labels);
  group.state.number = number.get<std::uint64_t>();
  group.state.waiting_since = TimeOf(json, "waiting_since_ns");
  group.state.last_at = TimeOf(json, "last_at_ns");
  group.state.looks_over = json.value("looks_over", Json()) == Json(true);
  if (const Json chain = json.value("escalation", Json()); chain.is_object()) {
    group.state.escalation = {.next = CountOf(chain, "next"),
                              .due_at = TimeOf(chain, "due_at_ns"),
                              .told = StepsOf(chain.value("told", Json()))};
  }
  group.state.flaps = FlapsOf(json.value("flaps", Json()));
  group.state.channels = ChannelsOf(json.value("channels", Json()));
  for (const Json& item : told) {
    std::optional<Labels> one = LabelsOf(item);
    if (!one) {
      return std::nullopt;
    }
    group.state.told.insert(std::move(*one));
  }
  return group;
}

std::string EncodeDigest(const StoredDigest& digest) {
  if (!digest.labels) {
    return Dump({{"receiver", digest.receiver},
                 {"since_ns", CountNs(digest.state.since)},
                 {"left_out", digest.state.left_out}});
  }
  const DigestEntry& entry = digest.entry;
  return Dump({{"receiver", digest.receiver},
               {"labels", *digest.labels},
               {"annotations", entry.annotations},
               {"began", entry.began},
               {"fired_ns", entry.fired.count()},
               {"first_at_ns", CountNs(entry.first_at)},
               {"firing_since_ns", JsonOf(entry.firing_since)},
               {"ended_at_ns", JsonOf(entry.ended_at)}});
}

std::optional<StoredDigest> DecodeDigest(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  StoredDigest digest;
  digest.receiver = TextOf(json, "receiver");
  digest.labels = LabelsOf(json, "labels");
  if (!digest.labels) {
    const std::optional<WallTime> since = TimeOf(json, "since_ns");
    digest.state.since = since.value_or(WallTime());
    digest.state.left_out = CountOf(json, "left_out");
    return since ? std::optional(std::move(digest)) : std::nullopt;
  }
  const std::optional<WallTime> first_at = TimeOf(json, "first_at_ns");
  if (!first_at) {
    return std::nullopt;
  }
  digest.entry.annotations = LabelsOf(json, "annotations").value_or(Labels());
  digest.entry.began = CountOf(json, "began");
  digest.entry.fired = Nanos(static_cast<Nanos::rep>(CountOf(json, "fired_ns")));
  digest.entry.first_at = *first_at;
  digest.entry.firing_since = TimeOf(json, "firing_since_ns");
  digest.entry.ended_at = TimeOf(json, "ended_at_ns");
  return digest;
}

std::string EncodeSilence(const StoredSilence& silence) {
  return Dump({{"id", silence.id},
               {"matchers", silence.matchers},
               {"starts_at_ns", CountNs(silence.silence.starts_at)},
               {"ends_at_ns", CountNs(silence.silence.ends_at)},
               {"by", silence.speaker.by},
               {"comment", silence.speaker.comment}});
}

std::optional<StoredSilence> DecodeSilence(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  const Json matchers = json.is_object() ? json.value("matchers", Json()) : Json();
  const std::optional<WallTime> starts_at = TimeOf(json, "starts_at_ns");
  const std::optional<WallTime> ends_at = TimeOf(json, "ends_at_ns");
  if (!matchers.is_array() || !starts_at || !ends_at) {
    return std::nullopt;
  }
  SilenceOrder order{
      .matchers = {}, .starts_at = *starts_at, .ends_at = *ends_at, .speaker = SpeakerOf(json)};
  for (const Json& matcher : matchers) {
    order.matchers.push_back(matcher.is_string() ? matcher.get<std::string>() : "");
  }
  Result<StoredSilence> silence = MakeSilence(order);
  return silence ? std::optional(std::move(*silence)) : std::nullopt;
}

std::string EncodeAcknowledgement(const Acknowledgement& said) {
  return Dump({{"labels", said.labels},
               {"fired_at_ns", CountNs(said.fired_at)},
               {"at_ns", CountNs(said.at)},
               {"by", said.speaker.by},
               {"comment", said.speaker.comment}});
}

std::optional<Acknowledgement> DecodeAcknowledgement(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  std::optional<Labels> labels = LabelsOf(json, "labels");
  const std::optional<WallTime> fired_at = TimeOf(json, "fired_at_ns");
  const std::optional<WallTime> at = TimeOf(json, "at_ns");
  if (!labels || !fired_at || !at) {
    return std::nullopt;
  }
  return Acknowledgement{std::move(*labels), *fired_at, *at, SpeakerOf(json)};
}

std::string EncodeForecasts(const analysis::ForecastTally& tally) {
  return Dump({{"edges", analysis::ForecastTally::kBinEnds},
               {"ever", tally.ever},
               {"newest", JsonOf(tally.newest)},
               {"before", JsonOf(tally.before)}});
}

std::optional<analysis::ForecastTally> DecodeForecasts(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  // Counts of other bins mean something else.
  if (!json.is_object() || json.value("edges", Json()) != Json(analysis::ForecastTally::kBinEnds)) {
    return std::nullopt;
  }
  const auto newest = CountsOf(json.value("newest", Json()));
  const auto before = CountsOf(json.value("before", Json()));
  if (!newest || !before) {
    return std::nullopt;
  }
  return analysis::ForecastTally{
      .newest = *newest, .before = *before, .ever = CountOf(json, "ever")};
}

std::string EncodeMark(const AlertMark& mark) {
  return Dump({{"labels", mark.labels},
               {"fired_at_ns", CountNs(mark.fired_at)},
               {"at_ns", CountNs(mark.at)},
               {"useful", mark.useful},
               {"by", mark.speaker.by},
               {"comment", mark.speaker.comment}});
}

std::optional<AlertMark> DecodeMark(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  const Json useful = json.is_object() ? json.value("useful", Json()) : Json();
  std::optional<Labels> labels = LabelsOf(json, "labels");
  const std::optional<WallTime> fired_at = TimeOf(json, "fired_at_ns");
  const std::optional<WallTime> at = TimeOf(json, "at_ns");
  if (!useful.is_boolean() || !labels || !fired_at || !at) {
    return std::nullopt;
  }
  return AlertMark{std::move(*labels), *fired_at, *at, useful.get<bool>(), SpeakerOf(json)};
}

std::string EncodeDemoted(std::string_view rule) {
  return Dump({{"rule", rule}});
}

std::optional<std::string> DecodeDemoted(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  return json.is_object() ? std::optional(TextOf(json, "rule")) : std::nullopt;
}

std::string AlertKey(const Labels& labels) {
  return KeyOf("alert", labels);
}

std::string DigestKey(std::string_view receiver, const Labels& labels) {
  return KeyOf("digest " + std::string(receiver), labels);
}

std::string MarkKey(const Labels& labels, WallTime fired_at) {
  return KeyOf("mark " + std::to_string(CountNs(fired_at)), labels);
}

std::string StoredGroupKey(std::string_view route_id, const Labels& labels) {
  return KeyOf(route_id, labels);
}

}  // namespace weir::monitor
