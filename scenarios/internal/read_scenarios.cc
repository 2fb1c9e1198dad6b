#include "scenarios/internal/read_scenarios.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/internal/flow_reader.h"
#include "scenarios/internal/read_load.h"
#include "scenarios/internal/values.h"
#include "scenarios/threshold.h"

namespace weir::scenarios::internal {
namespace {

// Each is one of the schedules that a worker looks through for the next arrival.
constexpr std::size_t kScenariosMax = 20;
constexpr NanosRange kStartRange = {Nanos(0), std::chrono::hours(24 * 100)};
constexpr std::string_view kExample =
    "write, for example:\n"
    "    scenarios:\n"
    "      - name: browse\n"
    "        steps: [ { get: / } ]\n"
    "        load: { stages: [ { rate: 50/s, for: 60s } ] }\n"
    "      - name: buy\n"
    "        start: 20s\n"
    "        steps: [ { post: /cart } ]\n"
    "        load: { stages: [ { users: 5, for: 40s } ] }";

class ScenariosReader {
 public:
  ScenariosReader(const FlowContext& context, Scenario& scenario, Diagnostics& diagnostics)
      : flows_(context, diagnostics), scenario_(scenario), diagnostics_(diagnostics) {}

  void ReadOne(const YamlNode& node);

 private:
  std::string ReadItsName(const YamlNode& node);
  void ReadSteps(const YamlNode& node, const std::string& name);
  void CheckRows(const Part& part, SourceSpan span);

  FlowReader flows_;
  Scenario& scenario_;
  Diagnostics& diagnostics_;
  std::map<std::string, SourceSpan, std::less<>> names_;
  std::map<std::string, std::string, std::less<>> users_of_unique_rows_;
};

void ScenariosReader::ReadOne(const YamlNode& node) {
  constexpr std::array<std::string_view, 5> kKnown = {"name", "start", "flows", "steps", "load"};
  Part& part = scenario_.parts.emplace_back();
  part.flow_first = static_cast<std::uint32_t>(scenario_.flows.size());
  if (!CheckKeys(node, {"one of the scenarios", kKnown, {}}, diagnostics_)) {
    return;
  }
  part.name = ReadItsName(node);
  if (const YamlNode* start = FindValue(node, "start")) {
    part.start = ReadDuration({*start, "start"}, kStartRange, diagnostics_).value_or(Nanos(0));
  }
  flows_.BeginScenario(part.name);
  ReadSteps(node, part.name);
  part.flow_count = static_cast<std::uint32_t>(scenario_.flows.size()) - part.flow_first;
  part.data.assign(flows_.used_data().begin(), flows_.used_data().end());
  if (const YamlNode* name = FindValue(node, "name")) {
    CheckRows(part, name->span);
  }
  if (const YamlEntry* load = Find(node, "load")) {
    part.load = ReadPartLoad(load->value, load->key.span, diagnostics_);
  } else {
    diagnostics_.Add(node.span, fmt::format("scenario '{}' has no load", Printable(part.name, 40)),
                     "add 'load: { stages: [ { rate: 50/s, for: 30s } ] }'");
  }
}

std::string ScenariosReader::ReadItsName(const YamlNode& node) {
  std::string otherwise = fmt::format("{}", scenario_.parts.size());
  const YamlNode* name = FindValue(node, "name");
  if (name == nullptr) {
    diagnostics_.Add(node.span, "one of the scenarios has no name",
                     "add 'name: NAME': its steps have the tag 'scenario: NAME'");
    return otherwise;
  }
  const std::optional<std::string> text = ReadText({*name, "name"}, diagnostics_);
  if (!text) {
    return otherwise;
  }
  if (!IsTagWord(*text)) {
    diagnostics_.Add(name->span, fmt::format("'{}' is no name of a scenario", Printable(*text, 60)),
                     "write 1 to 64 letters, digits, '_', '-', '.' or '/': it becomes a tag");
    return otherwise;
  }
  if (const auto [first, is_new] = names_.emplace(*text, name->span); !is_new) {
    diagnostics_.Add(name->span,
                     fmt::format("two scenarios are called '{}', here and in line {}", *text,
                                 first->second.line),
                     "give one of them another name");
    return otherwise;
  }
  return *text;
}

void ScenariosReader::ReadSteps(const YamlNode& node, const std::string& name) {
  const YamlEntry* flows = Find(node, "flows");
  const YamlEntry* steps = Find(node, "steps");
  if (flows != nullptr && steps != nullptr) {
    diagnostics_.Add(steps->key.span, "scenario has both 'flows' and 'steps'",
                     "move the steps into a flow");
  }
  if (flows != nullptr) {
    flows_.ReadFlows(flows->value, scenario_.flows);
  } else if (steps != nullptr) {
    flows_.TakeFlowName(name, steps->key.span);
    Flow flow;
    flow.name = name;
    flow.actions = flows_.ReadSteps(steps->value, steps->key.span);
    scenario_.flows.push_back(std::move(flow));
  } else {
    diagnostics_.Add(node.span, fmt::format("scenario '{}' has no steps", Printable(name, 40)),
                     "add 'steps:' with a list such as '- get: /', or 'flows:' with several");
  }
}

// Each counts its rounds and users from 0, so two of them would have the same rows.
void ScenariosReader::CheckRows(const Part& part, SourceSpan span) {
  for (const DataSource& source : scenario_.data) {
    const bool uses = std::find(part.data.begin(), part.data.end(), source.name) != part.data.end();
    if (source.order != DataSource::Order::kUnique || !uses) {
      continue;
    }
    if (const auto [first, is_new] = users_of_unique_rows_.emplace(source.name, part.name);
        !is_new) {
      diagnostics_.Add(span,
                       fmt::format("'{}' and '{}' both use the unique rows of '{}'",
                                   Printable(first->second, 40), Printable(part.name, 40),
                                   Printable(source.name, 40)),
                       "give each scenario data of its own, or write 'order: sequential'");
    }
  }
}

}  // namespace

void ReadScenarios(const YamlNode& node, const FlowContext& context, Scenario& scenario,
                   Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::kSequence || node.items.empty() ||
      node.items.size() > kScenariosMax) {
    diagnostics.Add(node.span, fmt::format("scenarios must be a list of 1 to {}", kScenariosMax),
                    std::string(kExample));
    return;
  }
  ScenariosReader reader(context, scenario, diagnostics);
  for (const YamlNode& item : node.items) {
    reader.ReadOne(item);
  }
}

}  // namespace weir::scenarios::internal
