#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/channels/render.h"
#include "monitor/config/config_reader.h"

namespace weir::monitor {

using scenarios::FindValue;
using scenarios::YamlNode;
using Kind = YamlNode::Kind;

namespace {

constexpr std::size_t kNameBytesMax = 100;
constexpr std::size_t kReceiversMax = 1000;
constexpr std::size_t kInhibitRulesMax = 1000;
constexpr std::size_t kFlapTimes = 5;

// What the map does not say stays.
void ReadFlapLimits(const ConfigReader& reader, const YamlNode& node, FlapLimits& limits) {
  constexpr std::array<std::string_view, 2> kKnown = {"times", "window"};
  if (!CheckKeys(node, {"flapping", kKnown, {}}, reader.diagnostics)) {
    return;
  }
  reader.ReadSpan(node, "window", std::chrono::seconds(1), limits.window);
  if (const YamlNode* times = FindValue(node, "times")) {
    const Result<std::uint64_t> count = ParseCount(times->text);
    if (!count || *count == 1 || *count > FlapLimits::kTimesMax) {
      reader.diagnostics.Add(
          times->span,
          fmt::format("times says how often an alert may begin in the window before it "
                      "flaps, 2 to {}, or 0 for never",
                      FlapLimits::kTimesMax),
          "for example 'flapping: { times: 5, window: 1h }'");
      return;
    }
    limits.times = static_cast<std::size_t>(*count);
  }
}

// What a list of the file has.
struct Named {
  std::string_view what;  // "time interval".
  std::string_view list;  // "time_intervals".
  std::vector<std::string_view> names;
};

template <typename T>
std::vector<std::string_view> NamesOf(const std::vector<T>& all) {
  std::vector<std::string_view> names;
  names.reserve(all.size());
  for (const T& one : all) {
    names.push_back(one.name);
  }
  return names;
}

// The number of the one that `node` names; nothing: that is an error.
std::optional<std::size_t> ReadNameOf(const ConfigReader& reader, const YamlNode& node,
                                      const Named& known) {
  const std::optional<std::string> name =
      scenarios::ReadScalar({node, known.list}, reader.diagnostics);
  if (!name) {
    return std::nullopt;
  }
  const auto found = std::find(known.names.begin(), known.names.end(), *name);
  if (found != known.names.end()) {
    return static_cast<std::size_t>(found - known.names.begin());
  }
  const std::optional<std::string> near =
      name->size() > kNameBytesMax ? std::nullopt : NearestWord(*name, known.names);
  reader.diagnostics.Add(
      node.span, fmt::format("there is no {} '{}'", known.what, Printable(*name)),
      fmt::format("{}name one of '{}'",
                  near ? fmt::format("did you mean '{}'? ", Printable(*near)) : "", known.list));
  return std::nullopt;
}

// Those that a key of a map names, by number.
std::vector<std::size_t> ReadNamesOf(const ConfigReader& reader, const YamlNode* list,
                                     const Named& known) {
  std::vector<std::size_t> numbers;
  const auto add = [&](const YamlNode& node) {
    if (const std::optional<std::size_t> number = ReadNameOf(reader, node, known)) {
      numbers.push_back(*number);
    }
  };
  if (list != nullptr && list->kind == Kind::kSequence) {
    std::for_each(list->items.begin(), list->items.end(), add);
  } else if (list != nullptr) {
    add(*list);
  }
  return numbers;
}

// When a route, a step or a channel may be told.
TimesOfDay ReadTimes(const ConfigReader& reader, const YamlNode& node) {
  const Named known = {"time interval", "time_intervals", NamesOf(reader.config.policy.intervals)};
  return {.mute_times = ReadNamesOf(reader, FindValue(node, "mute_time_intervals"), known),
          .active_times = ReadNamesOf(reader, FindValue(node, "active_time_intervals"), known)};
}

// The tree of routes, and how each is known after the file has changed.
class RouteReader {
 public:
  explicit RouteReader(const ConfigReader& reader) : reader_(reader) {}

  RouteSpec Read(const YamlNode& node, const std::string& id_above) {
    constexpr std::array<std::string_view, 12> kKnown = {
        "receiver",        "matchers", "group_by", "group_wait",          "group_interval",
        "repeat_interval", "continue", "routes",   "mute_time_intervals", "active_time_intervals",
        "digest",          "flapping"};
    RouteSpec spec;
    if (!CheckKeys(node, {"route", kKnown, {}}, reader_.diagnostics)) {
      return spec;
    }
    spec.matchers = reader_.ReadMatchers(node, "matchers");
    if (FindValue(node, "receiver") != nullptr) {
      spec.receiver = reader_.TextOf(node, "receiver");
    }
    if (FindValue(node, "group_by") != nullptr) {
      spec.group_by = reader_.ReadWords(node, "group_by");
    }
    ReadSpan(node, "group_wait", Nanos(0), spec.group_wait);
    ReadSpan(node, "group_interval", std::chrono::seconds(1), spec.group_interval);
    ReadSpan(node, "repeat_interval", std::chrono::seconds(1), spec.repeat_interval);
    reader_.ReadFlag(node, "continue", spec.continues);
    TimesOfDay times = ReadTimes(reader_, node);
    spec.mute_times = std::move(times.mute_times);
    spec.active_times = std::move(times.active_times);
    if (FindValue(node, "digest") != nullptr) {
      bool digest = false;
      reader_.ReadFlag(node, "digest", digest);
      spec.digest = digest;
    }
    if (const YamlNode* flapping = FindValue(node, "flapping")) {
      spec.flapping = reader_.config.policy.flapping;
      ReadFlapLimits(reader_, *flapping, *spec.flapping);
    }
    spans_.push_back(node.span);
    const std::string id = AddId(node, id_above);
    if (const YamlNode* below = FindValue(node, "routes");
        below != nullptr && reader_.IsListOfMaps({*below, "routes"}, RoutingTree::kRoutesMax)) {
      for (const YamlNode& child : below->items) {
        spec.routes.push_back(Read(child, id));
      }
    }
    return spec;
  }

  /// A digest that nobody would get is an error.
  void CheckDigests() const {
    const NotificationPolicy& policy = reader_.config.policy;
    for (std::size_t route = 0; route < spans_.size(); ++route) {
      const RouteOptions& options = policy.routes.options(route);
      if (options.digest && policy.without_digest.contains(options.receiver)) {
        reader_.diagnostics.Add(
            spans_[route],
            fmt::format("'{}' gets no digests: PagerDuty and Alertmanager wake people",
                        Printable(options.receiver)),
            "send digests to a receiver with chat, e-mail, a webhook, a program or a file");
      }
    }
  }

 private:
  void ReadSpan(const YamlNode& node, std::string_view key, Nanos low,
                std::optional<Nanos>& into) const {
    if (FindValue(node, key) != nullptr) {
      Nanos span{0};
      reader_.ReadSpan(node, key, low, span);
      into = span;
    }
  }

  // As the route's number is: in the order in which RoutingTree::Create meets them.
  std::string AddId(const YamlNode& node, const std::string& above) {
    std::string own;
    for (const std::string& matcher : reader_.ReadWords(node, "matchers")) {
      own += (own.empty() ? "" : ",") + matcher;
    }
    std::string id = fmt::format("{}{}{{{}}}", above, above.empty() ? "" : "/", own);
    if (const int twins = seen_[id]++; twins > 0) {
      id += fmt::format("#{}", twins + 1);
    }
    reader_.config.route_ids.push_back(id);
    return id;
  }

  const ConfigReader& reader_;
  std::vector<scenarios::SourceSpan> spans_;  // By route.
  std::map<std::string, int> seen_;
};

Named ChannelsOf(const ConfigReader& reader) {
  return {"channel", "channels", NamesOf(reader.config.channels)};
}

// One that may be a map with the times at which it may be told.
void ReadChannelOf(const ConfigReader& reader, const YamlNode& node, ReceiverSpec& receiver) {
  constexpr std::array<std::string_view, 3> kKnown = {"name", "mute_time_intervals",
                                                      "active_time_intervals"};
  const bool has_times = node.kind == Kind::kMap;
  if (has_times && !CheckKeys(node, {"channel of a receiver", kKnown, {}}, reader.diagnostics)) {
    return;
  }
  const YamlNode* name = has_times ? FindValue(node, "name") : &node;
  if (name == nullptr) {
    reader.diagnostics.Add(node.span, "a channel of a receiver has a name",
                           "write '{ name: pager, active_time_intervals: [ office-hours ] }'");
    return;
  }
  const std::optional<std::size_t> number = ReadNameOf(reader, *name, ChannelsOf(reader));
  if (!number) {
    return;
  }
  const bool is_twice = std::find(receiver.channels.begin(), receiver.channels.end(), *number) !=
                        receiver.channels.end();
  if (is_twice && (has_times || receiver.channel_times.contains(*number))) {
    reader.diagnostics.Add(name->span,
                           fmt::format("the receiver has '{}' twice", Printable(name->text)),
                           "write it once, with all of its time intervals");
  }
  receiver.channels.push_back(*number);
  if (has_times) {
    TimesOfDay times = ReadTimes(reader, node);
    if (!times.mute_times.empty() || !times.active_times.empty()) {
      receiver.channel_times.insert_or_assign(*number, std::move(times));
    }
  }
}

void ReadChannelsOf(const ConfigReader& reader, const YamlNode* list, ReceiverSpec& receiver) {
  if (list != nullptr && list->kind == Kind::kSequence) {
    for (const YamlNode& node : list->items) {
      ReadChannelOf(reader, node, receiver);
    }
  } else if (list != nullptr) {
    ReadChannelOf(reader, *list, receiver);
  }
}

void ReadEscalation(const ConfigReader& reader, const YamlNode& node, ReceiverSpec& receiver) {
  const YamlNode* steps = FindValue(node, "escalate");
  const YamlNode* rounds = FindValue(node, "rounds");
  if (rounds != nullptr) {
    const Result<std::uint64_t> count = ParseCount(rounds->text);
    if (steps == nullptr || !count || *count == 0 || *count > EscalationPlan::kRoundsMax) {
      reader.diagnostics.Add(
          rounds->span,
          fmt::format("rounds says how often 'escalate' is gone through, 1 to {} times",
                      EscalationPlan::kRoundsMax),
          "for example 'rounds: 2' beside 'escalate'");
    } else {
      receiver.escalation.rounds = static_cast<std::size_t>(*count);
    }
  }
  if (steps == nullptr || !reader.IsListOfMaps({*steps, "escalate"}, EscalationPlan::kStepsMax)) {
    return;
  }
  for (const YamlNode& step : steps->items) {
    constexpr std::array<std::string_view, 4> kKnown = {"wait", "channels", "mute_time_intervals",
                                                        "active_time_intervals"};
    if (!CheckKeys(step, {"step of an escalation", kKnown, {}}, reader.diagnostics)) {
      continue;
    }
    Nanos wait{0};
    reader.ReadSpan(step, "wait", std::chrono::seconds(1), wait);
    const YamlNode* names = FindValue(step, "channels");
    std::vector<std::size_t> channels = ReadNamesOf(reader, names, ChannelsOf(reader));
    if (FindValue(step, "wait") == nullptr || names == nullptr ||
        (names->kind != Kind::kScalar && names->items.empty())) {
      reader.diagnostics.Add(step.span, "a step of an escalation has a wait and channels",
                             "write '{ wait: 10m, channels: [ pager ] }'");
    }
    receiver.escalation.waits.push_back(wait);
    receiver.escalation.times.push_back(ReadTimes(reader, step));
    receiver.escalate_to.push_back(std::move(channels));
  }
}

InhibitRule ReadInhibitRule(const ConfigReader& reader, const YamlNode& node) {
  constexpr std::array<std::string_view, 3> kKnown = {"source_matchers", "target_matchers",
                                                      "equal"};
  InhibitRule rule;
  if (CheckKeys(node, {"inhibit rule", kKnown, {}}, reader.diagnostics)) {
    rule.source = reader.ReadMatchers(node, "source_matchers");
    rule.target = reader.ReadMatchers(node, "target_matchers");
    rule.equal = reader.ReadWords(node, "equal");
    if (rule.source.empty() || rule.target.empty()) {
      reader.diagnostics.Add(node.span, "an inhibit rule lacks source_matchers or target_matchers",
                             "without them it would concern every alert");
    }
  }
  return rule;
}

}  // namespace

void ConfigReader::ReadReceivers(const YamlNode* list) const {
  std::vector<ReceiverSpec>& receivers = config.receivers;
  if (list != nullptr && IsListOfMaps({*list, "receivers"}, kReceiversMax)) {
    for (const YamlNode& node : list->items) {
      constexpr std::array<std::string_view, 4> kKnown = {"name", "channels", "escalate", "rounds"};
      if (!CheckKeys(node, {"receiver", kKnown, {}}, diagnostics)) {
        continue;
      }
      ReceiverSpec receiver;
      if (const YamlNode* name = FindValue(node, "name")) {
        receiver.name = ReadName({*name, "name"}, kNameBytesMax, diagnostics).value_or("");
      }
      ReadChannelsOf(*this, FindValue(node, "channels"), receiver);
      ReadEscalation(*this, node, receiver);
      receivers.push_back(std::move(receiver));
    }
  }
  // A channel is a receiver of its own name.
  for (std::size_t i = 0; i < config.channels.size(); ++i) {
    const std::string& name = config.channels[i].name;
    if (std::none_of(receivers.begin(), receivers.end(),
                     [&](const ReceiverSpec& receiver) { return receiver.name == name; })) {
      receivers.push_back({name, {i}});
    }
  }
}

void ConfigReader::ReadFlapping(const YamlNode* node) const {
  config.policy.flapping.times = kFlapTimes;
  if (node != nullptr) {
    ReadFlapLimits(*this, *node, config.policy.flapping);
  }
}

void ConfigReader::ReadRoutes(const YamlNode* root, const YamlNode* inhibit) const {
  RouteSpec spec;
  RouteReader routes(*this);
  if (root == nullptr) {
    // One receiver needs no tree.
    if (!config.receivers.empty()) {
      spec.receiver = config.receivers.front().name;
    }
    config.route_ids.emplace_back("{}");
  } else {
    spec = routes.Read(*root, "");
  }
  std::vector<std::string> names;
  for (const ReceiverSpec& receiver : config.receivers) {
    names.push_back(receiver.name);
    if (std::none_of(receiver.channels.begin(), receiver.channels.end(), [&](std::size_t channel) {
          return channel < config.channels.size() && TakesDigests(config.channels[channel].kind);
        })) {
      config.policy.without_digest.insert(receiver.name);
    }
    if (!receiver.channels.empty() &&
        std::all_of(receiver.channels.begin(), receiver.channels.end(), [&](std::size_t channel) {
          return receiver.channel_times.contains(channel);
        })) {
      for (const auto& [channel, times] : receiver.channel_times) {
        config.policy.channel_times[receiver.name].push_back(times);
      }
    }
  }
  if (!diagnostics.empty()) {
    return;
  }
  Result<RoutingTree> tree = RoutingTree::Create(spec, names);
  if (!tree) {
    diagnostics.Add(root == nullptr ? scenarios::SourceSpan{} : root->span, tree.error().message,
                    "a route names a receiver, or a channel");
    return;
  }
  config.policy.routes = std::move(*tree);
  routes.CheckDigests();
  if (inhibit != nullptr && IsListOfMaps({*inhibit, "inhibit_rules"}, kInhibitRulesMax)) {
    for (const YamlNode& node : inhibit->items) {
      config.policy.inhibit_rules.push_back(ReadInhibitRule(*this, node));
    }
  }
}

}  // namespace weir::monitor
