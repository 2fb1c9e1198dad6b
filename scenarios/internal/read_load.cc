#include "scenarios/internal/read_load.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/internal/read_pool.h"
#include "scenarios/internal/values.h"

namespace weir::scenarios::internal {
namespace {

using Kind = YamlNode::Kind;

constexpr std::array<std::string_view, 7> kLoadKeys = {
    "arrivals", "warm_up", "stages", "in_flight_max", "connections", "drain", "rounds"};
constexpr std::size_t kStagesMax = 1000;
constexpr NanosRange kStageRange = {Nanos(1), std::chrono::hours(24 * 100)};
constexpr NanosRange kWarmUpRange = {Nanos(0), std::chrono::hours(24 * 100)};
constexpr NanosRange kDrainRange = {Nanos(0), std::chrono::hours(1)};
constexpr CountRange kUsersRange = {0, 1'000'000};
constexpr CountRange kLimitRange = {1, 1'000'000};
constexpr CountRange kRoundsRange = {1, 1'000'000'000};

// "a..b" as its two ends; a single value as both.
std::pair<std::string_view, std::string_view> SplitRange(std::string_view text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) {
    return {Trimmed(text), Trimmed(text)};
  }
  return {Trimmed(text.substr(0, dots)), Trimmed(text.substr(dots + 2))};
}

bool CheckRange(Named value, std::string_view text, std::string_view example,
                Diagnostics& diagnostics) {
  const auto [first, last] = SplitRange(text);
  if (!first.empty() && !last.empty()) {
    return true;
  }
  diagnostics.Add(value.node.span,
                  fmt::format("{}: '{}' lacks an end", value.name, Printable(text, 40)),
                  fmt::format("write both ends of a ramp, for example '{}'", example));
  return false;
}

// A ramp may begin or end at nothing, which is no rate elsewhere.
Result<Rate> ParseRateEnd(std::string_view text) {
  const std::string_view number = Trimmed(text.substr(0, text.find('/')));
  const bool zero = !number.empty() && number.find_first_not_of("0.") == std::string_view::npos &&
                    number.find('0') != std::string_view::npos;
  if (zero) {
    return Rate();
  }
  return ParseRate(text);
}

std::optional<OpenStage> ReadRates(const YamlNode& node, Diagnostics& diagnostics) {
  const std::optional<std::string> text = ReadText({node, "rate"}, diagnostics);
  if (!text || !CheckRange({node, "rate"}, *text, "500/s..1k/s", diagnostics)) {
    return std::nullopt;
  }
  const auto [first, last] = SplitRange(*text);
  const std::size_t unit = last.find('/');
  const bool share_unit =
      unit != std::string_view::npos && first.find('/') == std::string_view::npos;
  const Result<Rate> from =
      ParseRateEnd(share_unit ? fmt::format("{}{}", first, last.substr(unit)) : std::string(first));
  const Result<Rate> to = ParseRateEnd(last);
  if (!from || !to) {
    diagnostics.Add(node.span, Explained("rate", !from ? from.error() : to.error()));
    return std::nullopt;
  }
  if (from->per_second() <= 0 && to->per_second() <= 0) {
    diagnostics.Add(node.span, "a rate of 0 sends nothing",
                    "write a rate above 0, or a ramp such as '0..500/s'");
    return std::nullopt;
  }
  return OpenStage{*from, *to, Nanos(0)};
}

std::optional<ClosedStage> ReadUsers(const YamlNode& node, Diagnostics& diagnostics) {
  const std::optional<std::string> text = ReadText({node, "users"}, diagnostics);
  if (!text || !CheckRange({node, "users"}, *text, "10..50", diagnostics)) {
    return std::nullopt;
  }
  const auto [first, last] = SplitRange(*text);
  const Result<std::uint32_t> from = CheckedCount(first, kUsersRange);
  const Result<std::uint32_t> to = CheckedCount(last, kUsersRange);
  if (!from || !to) {
    diagnostics.Add(node.span, Explained("users", !from ? from.error() : to.error()));
    return std::nullopt;
  }
  if (*from == 0 && *to == 0) {
    diagnostics.Add(node.span, "0 users send nothing",
                    "write a number above 0, or a ramp such as '0..50'");
    return std::nullopt;
  }
  return ClosedStage{*from, *to, Nanos(0)};
}

std::optional<Stage> ReadStage(const YamlNode& node, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 3> kKnown = {"rate", "users", "for"};
  if (!CheckKeys(node, {"stage", kKnown, {}}, diagnostics)) {
    return std::nullopt;
  }
  const YamlEntry* rate = Find(node, "rate");
  const YamlEntry* users = Find(node, "users");
  const YamlNode* span = FindValue(node, "for");
  if (rate != nullptr && users != nullptr) {
    diagnostics.Add(users->key.span, "stage has both 'rate' and 'users'",
                    "keep 'rate' for arrivals per second, or 'users' for a fixed number of users");
  } else if (rate == nullptr && users == nullptr) {
    diagnostics.Add(node.span, "stage has neither 'rate' nor 'users'",
                    "write, for example, '{ rate: 500/s, for: 60s }'");
  }
  std::optional<Nanos> duration;
  if (span != nullptr) {
    duration = ReadDuration({*span, "for"}, kStageRange, diagnostics);
  } else {
    diagnostics.Add(node.span, "stage does not say how long it lasts",
                    "add 'for:', for example 'for: 60s'");
  }
  std::optional<Stage> stage;
  if (rate != nullptr) {
    if (std::optional<OpenStage> open = ReadRates(rate->value, diagnostics); open && duration) {
      open->duration = *duration;
      stage = *open;
    }
  } else if (users != nullptr) {
    if (std::optional<ClosedStage> closed = ReadUsers(users->value, diagnostics);
        closed && duration) {
      closed->duration = *duration;
      stage = *closed;
    }
  }
  return stage;
}

// The stages and whether every one of them could be read.
struct StageList {
  std::vector<Stage> stages;
  bool complete = true;
};

StageList ReadStages(const YamlNode& node, Diagnostics& diagnostics) {
  StageList list;
  if (node.kind != Kind::kSequence || node.items.empty() || node.items.size() > kStagesMax) {
    diagnostics.Add(node.span, fmt::format("stages must be a list of 1 to {}", kStagesMax),
                    "write, for example, '- { rate: 500/s, for: 60s }'");
    return {{}, false};
  }
  const YamlNode* first = nullptr;
  bool mixed = false;
  for (const YamlNode& item : node.items) {
    std::optional<Stage> stage = ReadStage(item, diagnostics);
    if (!stage) {
      list.complete = false;
      continue;
    }
    first = list.stages.empty() ? &item : first;
    if (!mixed && !list.stages.empty() && stage->index() != list.stages.front().index()) {
      mixed = true;
      diagnostics.Add(
          item.span,
          fmt::format("stages mix rates and users: the one in line {} has {}", first->span.line,
                      std::holds_alternative<OpenStage>(list.stages.front()) ? "a rate" : "users"),
          "use one kind in a scenario; 'scenarios:' has several of them side by side");
    }
    list.stages.push_back(*stage);
  }
  list.complete = list.complete && !mixed;
  return list;
}

std::optional<Arrivals> ReadArrivals(const YamlNode& node, Diagnostics& diagnostics) {
  const std::optional<std::string> text = ReadText({node, "arrivals"}, diagnostics);
  if (text == "uniform") {
    return Arrivals::kUniform;
  }
  if (text == "poisson") {
    return Arrivals::kPoisson;
  }
  if (text) {
    diagnostics.Add(node.span, fmt::format("'{}' is not a kind of arrivals", Printable(*text, 40)),
                    "write 'uniform' (evenly spaced) or 'poisson' (as independent users come)");
  }
  return std::nullopt;
}

void ReadWarmUp(const YamlNode& node, Load& load, Diagnostics& diagnostics) {
  if (node.text == "auto") {
    load.warm_up_auto = true;
    return;
  }
  load.warm_up = ReadDuration({node, "warm_up"}, kWarmUpRange, diagnostics).value_or(Nanos(0));
}

void CheckWarmUpAuto(const YamlNode& warm_up, bool counts_rounds, std::optional<Nanos> steady_from,
                     Diagnostics& diagnostics) {
  if (counts_rounds) {
    diagnostics.Add(warm_up.span, "'warm_up: auto' together with 'rounds'",
                    "the warm-up is found in a load that has an end; write a duration");
  } else if (!steady_from) {
    diagnostics.Add(warm_up.span, "'warm_up: auto' needs a load that ends steadily",
                    "a warm-up cannot be told from a ramp: end with a constant stage, or write a "
                    "duration");
  }
}

// The most users that the stages have at any time.
std::uint32_t UsersMax(const Load& load) {
  std::uint32_t users = 0;
  for (const Stage& stage : load.stages) {
    if (const auto* closed = std::get_if<ClosedStage>(&stage)) {
      users = std::max({users, closed->from, closed->to});
    }
  }
  return users;
}

void CheckUsersFit(SourceSpan span, std::uint64_t users, std::uint32_t in_flight_max,
                   Diagnostics& diagnostics) {
  if (users > in_flight_max) {
    diagnostics.Add(span,
                    fmt::format("{} users, but in_flight_max is {}: the others could send nothing",
                                FormatCount(users), FormatCount(in_flight_max)),
                    fmt::format("write 'in_flight_max: {}'", users));
  }
}

// What only all stages can tell.
void CheckStages(const YamlNode& node, const Load& load, Diagnostics& diagnostics) {
  const YamlNode* stages = FindValue(node, "stages");
  if (load.Duration() > kStageRange.high && stages != nullptr) {
    diagnostics.Add(stages->span, "the stages last longer than 100 days", "shorten them");
  }
  const bool closed = UsersMax(load) > 0;
  if (const YamlEntry* arrivals = Find(node, "arrivals"); arrivals != nullptr && closed) {
    diagnostics.Add(arrivals->key.span,
                    "'arrivals' does not go with users: they start by themselves",
                    "remove it, or use stages with 'rate'");
  }
  if (const YamlEntry* rounds = Find(node, "rounds"); rounds != nullptr && !closed) {
    diagnostics.Add(rounds->key.span,
                    "'rounds' does not go with a rate: the stages plan its arrivals",
                    "remove it, or use stages with 'users'");
  }
}

// What only the whole load can tell.
void CheckTogether(const YamlNode& node, const Load& load, Diagnostics& diagnostics) {
  const YamlNode* stages = FindValue(node, "stages");
  const Nanos total = load.Duration();
  const YamlNode* warm_up = FindValue(node, "warm_up");
  if (warm_up != nullptr && load.warm_up >= total) {
    diagnostics.Add(
        warm_up->span,
        fmt::format("warm_up of {} leaves nothing to measure: the {} {}", SpanInWords(load.warm_up),
                    stages != nullptr ? "stages last" : "replay lasts", SpanInWords(total)),
        stages != nullptr ? "shorten the warm-up, or lengthen the stages: it is their first part"
                          : "shorten the warm-up: it is the first part of the replay");
  }
  if (load.warm_up_auto && warm_up != nullptr && !load.stages.empty()) {
    CheckWarmUpAuto(*warm_up, load.rounds_max > 0, load.SteadyFrom(), diagnostics);
  }
  CheckStages(node, load, diagnostics);
  if (stages != nullptr) {
    CheckUsersFit(stages->span, UsersMax(load), load.in_flight_max, diagnostics);
  }
}

void ReadArrivalsAndRounds(const YamlNode& node, Load& load, Diagnostics& diagnostics) {
  if (const YamlNode* arrivals = FindValue(node, "arrivals")) {
    load.arrivals = ReadArrivals(*arrivals, diagnostics).value_or(load.arrivals);
  }
  if (const YamlNode* rounds = FindValue(node, "rounds")) {
    load.rounds_max = ReadCount({*rounds, "rounds"}, kRoundsRange, diagnostics).value_or(0);
  }
}

// What a run has once, however many loads.
void ReadLimits(const YamlNode& node, Load& load, Diagnostics& diagnostics) {
  if (const YamlNode* warm_up = FindValue(node, "warm_up")) {
    ReadWarmUp(*warm_up, load, diagnostics);
  }
  if (const YamlNode* limit = FindValue(node, "in_flight_max")) {
    load.in_flight_max =
        ReadCount({*limit, "in_flight_max"}, kLimitRange, diagnostics).value_or(load.in_flight_max);
  }
  if (const YamlNode* limit = FindValue(node, "connections")) {
    ReadConnections(*limit, load, diagnostics);
  }
  if (const YamlNode* drain = FindValue(node, "drain")) {
    load.drain = ReadDuration({*drain, "drain"}, kDrainRange, diagnostics).value_or(load.drain);
  }
}

// False: there are none, which was added.
bool HasStages(const YamlNode& node, SourceSpan owner, Diagnostics& diagnostics) {
  const bool has = FindValue(node, "stages") != nullptr;
  if (!has) {
    diagnostics.Add(owner, "load has no stages",
                    "add 'stages:' with a list such as '- { rate: 500/s, for: 60s }'");
  }
  return has;
}

}  // namespace

Load ReadLoad(const YamlNode& node, SourceSpan owner, std::vector<Stage> given,
              Diagnostics& diagnostics) {
  Load load;
  if (!CheckKeys(node, {"load", kLoadKeys, {}}, diagnostics)) {
    return load;
  }
  ReadArrivalsAndRounds(node, load, diagnostics);
  ReadLimits(node, load, diagnostics);
  const YamlNode* stages = FindValue(node, "stages");
  if (!given.empty()) {
    for (const std::string_view key : {"stages", "arrivals", "rounds"}) {
      if (const YamlEntry* entry = Find(node, key)) {
        diagnostics.Add(entry->key.span,
                        fmt::format("'{}' does not go with a replay: the file says when", key),
                        "remove it; 'speed' and 'passes' of the replay stretch and repeat it");
      }
    }
    load.stages = std::move(given);
    if (stages == nullptr) {
      CheckTogether(node, load, diagnostics);
    }
    return load;
  }
  if (!HasStages(node, owner, diagnostics)) {
    return load;
  }
  StageList list = ReadStages(*stages, diagnostics);
  load.stages = std::move(list.stages);
  if (list.complete) {
    CheckTogether(node, load, diagnostics);
  }
  return load;
}

Load ReadPartLoad(const YamlNode& node, SourceSpan owner, Diagnostics& diagnostics) {
  Load load;
  if (!CheckKeys(node, {"load", kLoadKeys, {}}, diagnostics)) {
    return load;
  }
  for (const std::string_view key : {"warm_up", "in_flight_max", "connections", "drain"}) {
    if (const YamlEntry* entry = Find(node, key)) {
      diagnostics.Add(entry->key.span, fmt::format("'{}' is of the whole run", key),
                      "move it to the 'load' beside 'scenarios'");
    }
  }
  ReadArrivalsAndRounds(node, load, diagnostics);
  if (HasStages(node, owner, diagnostics)) {
    StageList list = ReadStages(*FindValue(node, "stages"), diagnostics);
    if (list.complete) {
      load.stages = std::move(list.stages);
      CheckStages(node, load, diagnostics);
    }
  }
  return load;
}

void ReadSharedLoad(const YamlNode* node, SourceSpan list, Scenario& scenario,
                    Diagnostics& diagnostics) {
  Load& load = scenario.load;
  if (node != nullptr && CheckKeys(*node, {"load", kLoadKeys, {}}, diagnostics)) {
    for (const std::string_view key : {"stages", "arrivals", "rounds"}) {
      if (const YamlEntry* entry = Find(*node, key)) {
        diagnostics.Add(entry->key.span, fmt::format("'{}' beside 'scenarios'", key),
                        "each of them has a 'load' of its own: move it there");
      }
    }
    ReadLimits(*node, load, diagnostics);
  }
  std::uint64_t users = 0;
  for (const Part& part : scenario.parts) {
    if (part.load.stages.empty()) {
      return;
    }
    users += UsersMax(part.load);
  }
  if (scenario.parts.empty()) {
    return;
  }
  CheckUsersFit(list, users, load.in_flight_max, diagnostics);
  const YamlNode* warm_up =
      node != nullptr && node->kind == Kind::kMap ? FindValue(*node, "warm_up") : nullptr;
  if (warm_up == nullptr) {
    return;
  }
  if (load.warm_up >= scenario.Duration()) {
    diagnostics.Add(warm_up->span,
                    fmt::format("warm_up of {} leaves nothing to measure: the scenarios last {}",
                                SpanInWords(load.warm_up), SpanInWords(scenario.Duration())),
                    "shorten the warm-up, or lengthen them: it is the first part of the run");
  }
  if (load.warm_up_auto) {
    CheckWarmUpAuto(*warm_up, scenario.CountsRounds(), scenario.SteadyFrom(), diagnostics);
  }
}

}  // namespace weir::scenarios::internal
