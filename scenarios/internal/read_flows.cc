#include "scenarios/internal/read_flows.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/condition.h"
#include "scenarios/internal/flow_reader.h"
#include "scenarios/internal/read_auth.h"
#include "scenarios/internal/read_headers.h"
#include "scenarios/internal/read_think.h"
#include "scenarios/internal/slot_scope.h"
#include "scenarios/internal/values.h"

namespace weir::scenarios::internal {
namespace {

using Kind = YamlNode::Kind;

constexpr std::size_t kFlowsMax = 100;
constexpr std::size_t kStepsMax = 1000;  // Over all flows: each is a row of results.
constexpr double kWeightMax = 1e6;
constexpr CountRange kPassesRange = {1, 10'000};
constexpr std::array<std::string_view, 7> kVerbs = {"get",    "post", "put",    "patch",
                                                    "delete", "head", "options"};

std::optional<double> ReadWeight(const YamlNode& node, Diagnostics& diagnostics) {
  const std::optional<std::string> text = ReadText({node, "weight"}, diagnostics);
  if (!text) {
    return std::nullopt;
  }
  double weight = 0;
  const std::string_view trimmed = Trimmed(*text);
  const char* end = trimmed.data() + trimmed.size();
  const auto [rest, error] = std::from_chars(trimmed.data(), end, weight);
  if (error != std::errc() || rest != end || !(weight >= 1e-6 && weight <= kWeightMax)) {
    diagnostics.Add(node.span, fmt::format("weight '{}' is not a share", Printable(*text, 40)),
                    "write a number above 0 and at most 1 million, for example 3; "
                    "remove a flow that is not to run");
    return std::nullopt;
  }
  return weight;
}

// True if a key that was reported as unknown was meant to be `key`: what follows from that need not
// be said.
bool HasMisspelt(const YamlNode& map, std::string_view key,
                 std::span<const std::string_view> known) {
  return std::any_of(map.entries.begin(), map.entries.end(), [&](const YamlEntry& entry) {
    return entry.key.text != key && NearestWord(entry.key.text, known) == key;
  });
}

}  // namespace

bool IsProgram(const YamlEntry& verb) {
  return verb.key.text == "command" || verb.key.text == "shell";
}

Flow FlowReader::ReadFlow(const YamlNode& node, std::size_t index) {
  constexpr std::array<std::string_view, 3> kKnown = {"name", "weight", "steps"};
  Flow flow;
  flow.name = fmt::format("flow {}", index + 1);
  if (!CheckKeys(node, {"flow", kKnown, {}}, diagnostics_)) {
    return flow;
  }
  SourceSpan name_span = node.span;
  if (const YamlNode* name = FindValue(node, "name")) {
    flow.name = ReadName({*name, "name of a flow"}, kStepNameBytesMax, diagnostics_)
                    .value_or(std::move(flow.name));
    name_span = name->span;
  }
  TakeFlowName(flow.name, name_span);
  if (const YamlNode* weight = FindValue(node, "weight")) {
    flow.weight = ReadWeight(*weight, diagnostics_).value_or(1);
  }
  if (const YamlEntry* steps = Find(node, "steps")) {
    flow.actions = ReadSteps(steps->value, steps->key.span);
  } else if (!HasMisspelt(node, "steps", kKnown)) {
    diagnostics_.Add(node.span, fmt::format("flow '{}' has no steps", Printable(flow.name, 40)),
                     "add 'steps:' with a list such as '- get: /'");
  }
  return flow;
}

void FlowReader::TakeFlowName(const std::string& name, SourceSpan span) {
  if (const auto [first, is_new] = flow_names_.emplace(name, span); !is_new) {
    diagnostics_.Add(span,
                     fmt::format("two flows are called '{}', here and in line {}",
                                 Printable(name, 40), first->second.line),
                     "give one of them another name");
  }
}

void FlowReader::BeginScenario(std::string name) {
  scenario_ = std::move(name);
  used_data_.clear();
}

std::vector<Action> FlowReader::ReadSteps(const YamlNode& node, SourceSpan owner) {
  std::vector<Action> actions;
  if (node.kind != Kind::kSequence) {
    diagnostics_.Add(node.span, "steps must be a list", "begin each step with '- get: /path'");
    return actions;
  }
  const std::size_t before = diagnostics_.count();
  scope_.variables.clear();
  ReadList(node, actions);
  const bool has_request = std::any_of(actions.begin(), actions.end(), [](const Action& action) {
    return std::holds_alternative<Request>(action) || std::holds_alternative<Command>(action);
  });
  if (!has_request && diagnostics_.count() == before) {
    diagnostics_.Add(owner, "these steps hold no request", "add a step such as '- get: /'");
  }
  return actions;
}

void FlowReader::ReadList(const YamlNode& list, std::vector<Action>& actions) {
  for (const YamlNode& step : list.items) {
    if (++steps_ > kStepsMax) {
      if (steps_ == kStepsMax + 1) {
        diagnostics_.Add(step.span, fmt::format("more than {} steps", kStepsMax),
                         "split the scenario into several files");
      }
      return;
    }
    if (!ReadBlock(step, actions)) {
      ReadStep(step, actions);
    }
  }
}

// False: it is a step like any other.
bool FlowReader::ReadBlock(const YamlNode& node, std::vector<Action>& actions) {
  const YamlEntry* begin = nullptr;
  for (const std::string_view word : {"repeat", "if", "while"}) {
    const YamlEntry* entry = node.kind == Kind::kMap ? Find(node, word) : nullptr;
    begin = entry == nullptr ? begin : entry;
  }
  if (begin == nullptr) {
    return false;
  }
  if (++blocks_ > kLoopsMax) {
    diagnostics_.Add(begin->key.span,
                     fmt::format("more than {} blocks within each other", kLoopsMax),
                     "make the flow simpler, or several flows of it");
  } else if (begin->key.text == "repeat") {
    ReadRepeat(node, actions);
  } else if (begin->key.text == "if") {
    ReadIf(node, actions);
  } else {
    ReadWhile(node, actions);
  }
  --blocks_;
  return true;
}

void FlowReader::ReadRepeat(const YamlNode& node, std::vector<Action>& actions) {
  constexpr std::array<std::string_view, 2> kKnown = {"repeat", "steps"};
  CheckKeys(node, {"repeat", kKnown, {}}, diagnostics_);
  const std::uint32_t times =
      ReadCount({*FindValue(node, "repeat"), "repeat"}, kPassesRange, diagnostics_).value_or(1);
  actions.emplace_back(Jump{.kind = Jump::Kind::kEnter, .loop = loops_});
  const auto first = static_cast<std::uint32_t>(actions.size());
  ++loops_;
  ReadBody(node, "steps", actions);
  --loops_;
  actions.emplace_back(
      Jump{.kind = Jump::Kind::kAgain, .to = first, .loop = loops_, .times = times});
}

// What is extracted in only one of the two branches is not there afterwards.
void FlowReader::ReadIf(const YamlNode& node, std::vector<Action>& actions) {
  constexpr std::array<std::string_view, 3> kKnown = {"if", "steps", "else"};
  CheckKeys(node, {"if", kKnown, {}}, diagnostics_);
  const std::size_t unless = actions.size();
  actions.emplace_back(
      Jump{.kind = Jump::Kind::kUnless, .condition = ReadCondition(*Find(node, "if"))});
  const auto before = scope_.variables;
  ReadBody(node, "steps", actions);
  auto after = std::exchange(scope_.variables, before);
  if (FindValue(node, "else") != nullptr) {
    const std::size_t skip = actions.size();
    actions.emplace_back(Jump());
    std::get<Jump>(actions[unless]).to = static_cast<std::uint32_t>(actions.size());
    ReadBody(node, "else", actions);
    std::get<Jump>(actions[skip]).to = static_cast<std::uint32_t>(actions.size());
    std::erase_if(scope_.variables,
                  [&after](const std::string& name) { return !after.contains(name); });
  } else {
    std::get<Jump>(actions[unless]).to = static_cast<std::uint32_t>(actions.size());
  }
}

void FlowReader::ReadWhile(const YamlNode& node, std::vector<Action>& actions) {
  constexpr std::array<std::string_view, 3> kKnown = {"while", "at_most", "steps"};
  CheckKeys(node, {"while", kKnown, {}}, diagnostics_);
  std::uint32_t times = 1;
  if (const YamlNode* at_most = FindValue(node, "at_most")) {
    times = ReadCount({*at_most, "at_most"}, kPassesRange, diagnostics_).value_or(1);
  } else {
    diagnostics_.Add(Find(node, "while")->key.span, "'while' without a bound",
                     "add 'at_most: 20': so many passes are made at most");
  }
  actions.emplace_back(Jump{.kind = Jump::Kind::kEnter, .loop = loops_});
  const std::size_t unless = actions.size();
  actions.emplace_back(
      Jump{.kind = Jump::Kind::kUnless, .condition = ReadCondition(*Find(node, "while"))});
  const auto before = scope_.variables;
  ++loops_;
  ReadBody(node, "steps", actions);
  --loops_;
  scope_.variables = before;
  actions.emplace_back(Jump{.kind = Jump::Kind::kAgain,
                            .to = static_cast<std::uint32_t>(unless),
                            .loop = loops_,
                            .times = times});
  std::get<Jump>(actions[unless]).to = static_cast<std::uint32_t>(actions.size());
}

void FlowReader::ReadBody(const YamlNode& node, std::string_view key,
                          std::vector<Action>& actions) {
  const YamlNode* steps = FindValue(node, key);
  if (steps == nullptr || steps->kind != Kind::kSequence || steps->items.empty()) {
    diagnostics_.Add(steps == nullptr ? node.span : steps->span,
                     fmt::format("'{}' must be a list of steps", key),
                     fmt::format("write '{}: [ {{ get: /path }} ]'", key));
    return;
  }
  ReadList(*steps, actions);
}

std::string FlowReader::ReadCondition(const YamlEntry& entry) {
  const std::optional<std::string> text = ReadScalar({entry.value, entry.key.text}, diagnostics_);
  if (!text) {
    return "";
  }
  const Result<Condition> condition = ParseCondition(*text);
  if (!condition) {
    diagnostics_.Add(entry.value.span, Explained(entry.key.text, condition.error()));
    return "";
  }
  for (const Expression& side : {condition->left, condition->right}) {
    CheckNames({entry.value, entry.key.text}, side, scope_, diagnostics_);
  }
  return *text;
}

void FlowReader::ReadStep(const YamlNode& node, std::vector<Action>& actions) {
  constexpr std::array<std::string_view, 27> kKnown = {
      "get",       "post",    "put",   "patch", "delete",    "head",  "options",
      "request",   "command", "name",  "auth",  "headers",   "body",  "json",
      "form",      "timeout", "apdex", "check", "extract",   "think", "shell",
      "redirects", "repeat",  "if",    "while", "multipart", "tags"};
  const std::size_t before = diagnostics_.count();
  if (!CheckKeys(node, {"step", kKnown, {}}, diagnostics_)) {
    return;
  }
  const YamlEntry* verb = nullptr;
  for (const YamlEntry& entry : node.entries) {
    const bool is_verb = entry.key.text == "request" || IsProgram(entry) ||
                         std::find(kVerbs.begin(), kVerbs.end(), entry.key.text) != kVerbs.end();
    if (is_verb && verb != nullptr && verb->key.text != entry.key.text) {
      diagnostics_.Add(entry.key.span,
                       fmt::format("step has both '{}' and '{}'", verb->key.text, entry.key.text),
                       "begin a step of its own for each with '- '");
    } else if (is_verb && verb == nullptr) {
      verb = &entry;
    }
  }
  const YamlEntry* think = Find(node, "think");
  if (verb != nullptr && verb->value.kind != Kind::kNull) {
    CheckKind(*verb);
    if (IsProgram(*verb)) {
      ReadProgram(node, *verb, actions);
    } else {
      actions.emplace_back(ReadRequest(node, *verb));
    }
  } else if (verb == nullptr && (think == nullptr || node.entries.size() > 1)) {
    if (diagnostics_.count() == before) {
      diagnostics_.Add(node.span, "this step sends nothing", "add, for example, 'get: /path'");
    }
  }
  if (think != nullptr) {
    if (const std::optional<Think> pause = ReadThink(think->value, diagnostics_)) {
      actions.emplace_back(*pause);
    }
  }
}

// One transport carries a whole run.
void FlowReader::CheckKind(const YamlEntry& verb) {
  if (first_verb_ == nullptr) {
    first_verb_ = &verb;
  } else if (IsProgram(verb) != IsProgram(*first_verb_) && !mixed_) {
    mixed_ = true;
    diagnostics_.Add(verb.key.span,
                     fmt::format("a scenario sends requests or runs programs, not both: line {} "
                                 "has '{}'",
                                 first_verb_->key.span.line, first_verb_->key.text),
                     "make two scenario files");
  }
}

StepDefaults ReadDefaults(const YamlNode& node, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 5> kKnown = {"timeout", "headers", "apdex", "auth",
                                                      "redirects"};
  StepDefaults defaults;
  if (!CheckKeys(node, {"defaults", kKnown, {}}, diagnostics)) {
    return defaults;
  }
  defaults.timeout = ReadTimeout(node, diagnostics, std::nullopt);
  defaults.redirects_max = ReadRedirects(node, diagnostics, 0);
  defaults.apdex = ReadApdex(node, diagnostics, std::nullopt);
  if (const YamlNode* headers = FindValue(node, "headers")) {
    defaults.headers = ReadHeaders(*headers, diagnostics);
  }
  if (const YamlEntry* auth = Find(node, "auth")) {
    ReadAuth(*auth, defaults.headers, diagnostics);
  }
  return defaults;
}

void FlowReader::ReadFlows(const YamlNode& node, std::vector<Flow>& flows) {
  if (node.kind != Kind::kSequence || node.items.empty() || node.items.size() > kFlowsMax) {
    diagnostics_.Add(node.span, fmt::format("flows must be a list of 1 to {}", kFlowsMax),
                     "begin each flow with '- name: NAME' and give it 'steps:'");
    return;
  }
  for (const YamlNode& item : node.items) {
    flows.push_back(ReadFlow(item, flows.size()));
  }
}

std::vector<Flow> ReadFlows(const YamlNode& node, const FlowContext& context,
                            Diagnostics& diagnostics) {
  std::vector<Flow> flows;
  FlowReader(context, diagnostics).ReadFlows(node, flows);
  return flows;
}

std::vector<Flow> ReadBareSteps(const YamlNode& node, const FlowContext& context,
                                Diagnostics& diagnostics) {
  Flow flow;
  flow.name = "main";
  flow.actions = FlowReader(context, diagnostics).ReadSteps(node, node.span);
  return {std::move(flow)};
}

}  // namespace weir::scenarios::internal
