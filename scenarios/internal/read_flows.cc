#include "scenarios/internal/read_flows.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/command_line.h"
#include "scenarios/internal/http_syntax.h"
#include "scenarios/internal/read_auth.h"
#include "scenarios/internal/read_body.h"
#include "scenarios/internal/read_check.h"
#include "scenarios/internal/read_command.h"
#include "scenarios/internal/read_extract.h"
#include "scenarios/internal/read_think.h"
#include "scenarios/internal/slot_scope.h"
#include "scenarios/internal/values.h"
#include "scenarios/template.h"

namespace weir::scenarios::internal {
namespace {

using Kind = YamlNode::Kind;

constexpr std::size_t kFlowsMax = 100;
constexpr std::size_t kStepsMax = 1000;  // Over all flows: each is a row of results.
constexpr std::size_t kHeadersMax = 100;
constexpr std::size_t kNameBytesMax = 100;
constexpr double kWeightMax = 1e6;
constexpr NanosRange kTimeoutRange = {Nanos(1), std::chrono::hours(1)};
constexpr NanosRange kApdexRange = {Nanos(1), std::chrono::hours(1)};
constexpr std::array<std::string_view, 7> kVerbs = {"get",    "post", "put",    "patch",
                                                    "delete", "head", "options"};

std::vector<Header> ReadHeaders(const YamlNode& node, Diagnostics& diagnostics) {
  std::vector<Header> headers;
  if (node.kind != Kind::kMap || node.entries.size() > kHeadersMax) {
    diagnostics.Add(node.span, fmt::format("headers must be a map of at most {}", kHeadersMax),
                    "write 'headers: { accept: application/json }'");
    return headers;
  }
  for (const YamlEntry& entry : node.entries) {
    const std::string& name = entry.key.text;
    const Status name_valid = CheckHeaderName(name);
    if (!name_valid) {
      diagnostics.Add(entry.key.span, name_valid.error());
    }
    if (entry.value.kind == Kind::kNull) {
      diagnostics.Add(entry.key.span, fmt::format("header '{}' has no value", Printable(name, 40)),
                      "write '' for an empty one, or remove it");
      continue;
    }
    const std::optional<std::string> value =
        ReadSlottedText({entry.value, "value of a header"}, diagnostics);
    if (!value || !name_valid) {
      continue;
    }
    const std::string trimmed(Trimmed(*value));
    if (const Status valid = CheckHeaderValue(name, trimmed); !valid) {
      diagnostics.Add(entry.value.span, valid.error());
      continue;
    }
    const bool is_new = std::none_of(headers.begin(), headers.end(), [&name](const Header& other) {
      return EqualsIgnoringCase(other.name, name);
    });
    const bool same_spelling =
        std::any_of(headers.begin(), headers.end(),
                    [&name](const Header& other) { return other.name == name; });
    if (!is_new && !same_spelling) {
      diagnostics.Add(
          entry.key.span,
          fmt::format("header '{}' is set twice: their case does not count", Printable(name, 40)),
          "remove one of the two");
      continue;
    }
    headers.push_back(Header{name, trimmed});
  }
  return headers;
}

const Header* FindHeader(const std::vector<Header>& headers, std::string_view name) {
  const auto found = std::find_if(headers.begin(), headers.end(), [name](const Header& header) {
    return EqualsIgnoringCase(header.name, name);
  });
  return found == headers.end() ? nullptr : &*found;
}

// Those of the step, then the defaults that it does not replace.
std::vector<Header> MergedHeaders(std::vector<Header> own, const std::vector<Header>& defaults) {
  const std::size_t count = own.size();
  for (const Header& header : defaults) {
    const auto end = own.begin() + static_cast<std::ptrdiff_t>(count);
    if (std::none_of(own.begin(), end, [&header](const Header& other) {
          return EqualsIgnoringCase(other.name, header.name);
        })) {
      own.push_back(header);
    }
  }
  return own;
}

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

// Reads the steps of all flows, whose names must differ.
// `apdex: 500ms`, or what stands in `otherwise`.
std::optional<Nanos> ReadApdex(const YamlNode& map, Diagnostics& diagnostics,
                               std::optional<Nanos> otherwise) {
  const YamlNode* apdex = FindValue(map, "apdex");
  return apdex == nullptr ? otherwise : ReadDuration({*apdex, "apdex"}, kApdexRange, diagnostics);
}

class FlowReader {
 public:
  FlowReader(const FlowContext& context, Diagnostics& diagnostics)
      : defaults_(context.defaults),
        file_name_(context.file_name),
        diagnostics_(diagnostics),
        scope_{context.data, {}} {}

  Flow ReadFlow(const YamlNode& node, std::size_t index);
  std::vector<Action> ReadSteps(const YamlNode& node, SourceSpan owner);

 private:
  void ReadStep(const YamlNode& node, std::vector<Action>& actions);
  Request ReadRequest(const YamlNode& node, const YamlEntry& verb);
  void ReadProgram(const YamlNode& node, const YamlEntry& verb, std::vector<Action>& actions);
  void CheckKind(const YamlEntry& verb);
  Nanos ReadTimeout(const YamlNode& node, Nanos usual);
  bool ReadMethodAndPath(const YamlEntry& verb, Request& request);
  std::string ReadStepName(const YamlNode& node, const YamlEntry& verb, std::string usual);
  void CheckContentLength(const YamlNode& node, const Request& request);
  void CheckSlots(const YamlNode& node, const YamlEntry& verb, Request& request);

  const StepDefaults& defaults_;
  std::string_view file_name_;
  Diagnostics& diagnostics_;
  SlotScope scope_;
  std::map<std::string, SourceSpan, std::less<>> step_names_;
  std::map<std::string, SourceSpan, std::less<>> flow_names_;
  std::size_t steps_ = 0;
  const YamlEntry* first_verb_ = nullptr;
  bool mixed_ = false;
};

bool IsProgram(const YamlEntry& verb) {
  return verb.key.text == "command" || verb.key.text == "shell";
}

// True if a key that was reported as unknown was meant to be `key`: what follows from that need not
// be said.
bool HasMisspelt(const YamlNode& map, std::string_view key,
                 std::span<const std::string_view> known) {
  return std::any_of(map.entries.begin(), map.entries.end(), [&](const YamlEntry& entry) {
    return entry.key.text != key && NearestWord(entry.key.text, known) == key;
  });
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
    flow.name = ReadName({*name, "name of a flow"}, kNameBytesMax, diagnostics_)
                    .value_or(std::move(flow.name));
    name_span = name->span;
  }
  if (const auto [first, is_new] = flow_names_.emplace(flow.name, name_span); !is_new) {
    diagnostics_.Add(name_span,
                     fmt::format("two flows are called '{}', here and in line {}",
                                 Printable(flow.name, 40), first->second.line),
                     "give one of them another name");
  }
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

std::vector<Action> FlowReader::ReadSteps(const YamlNode& node, SourceSpan owner) {
  std::vector<Action> actions;
  if (node.kind != Kind::kSequence) {
    diagnostics_.Add(node.span, "steps must be a list", "begin each step with '- get: /path'");
    return actions;
  }
  const std::size_t before = diagnostics_.count();
  scope_.variables.clear();
  for (const YamlNode& step : node.items) {
    if (++steps_ > kStepsMax) {
      diagnostics_.Add(step.span, fmt::format("more than {} steps", kStepsMax),
                       "split the scenario into several files");
      return actions;
    }
    ReadStep(step, actions);
  }
  const bool has_request = std::any_of(actions.begin(), actions.end(), [](const Action& action) {
    return !std::holds_alternative<Think>(action);
  });
  if (!has_request && diagnostics_.count() == before) {
    diagnostics_.Add(owner, "these steps hold no request", "add a step such as '- get: /'");
  }
  return actions;
}

void FlowReader::ReadStep(const YamlNode& node, std::vector<Action>& actions) {
  constexpr std::array<std::string_view, 21> kKnown = {
      "get",     "post",    "put",   "patch", "delete",  "head",  "options",
      "request", "command", "name",  "auth",  "headers", "body",  "json",
      "form",    "timeout", "apdex", "check", "extract", "think", "shell"};
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
                     "make two scenarios");
  }
}

void FlowReader::ReadProgram(const YamlNode& node, const YamlEntry& verb,
                             std::vector<Action>& actions) {
  Command command = ReadCommand(node, verb, diagnostics_);
  command.timeout = ReadTimeout(node, command.timeout);
  if (!command.argv.empty()) {
    const bool by_shell = verb.key.text == "shell";
    command.name =
        ReadStepName(node, verb, by_shell ? command.argv.back() : CommandLineText(command.argv));
    actions.emplace_back(std::move(command));
  }
}

Nanos FlowReader::ReadTimeout(const YamlNode& node, Nanos usual) {
  const Nanos fallback = defaults_.timeout.value_or(usual);
  const YamlNode* timeout = FindValue(node, "timeout");
  return timeout == nullptr
             ? fallback
             : ReadDuration({*timeout, "timeout"}, kTimeoutRange, diagnostics_).value_or(fallback);
}

Request FlowReader::ReadRequest(const YamlNode& node, const YamlEntry& verb) {
  Request request;
  if (ReadMethodAndPath(verb, request) || FindValue(node, "name") != nullptr) {
    request.name = ReadStepName(node, verb, fmt::format("{} {}", request.method, request.path));
  }
  request.timeout = ReadTimeout(node, request.timeout);
  request.apdex = ReadApdex(node, diagnostics_, defaults_.apdex);
  if (const YamlNode* headers = FindValue(node, "headers")) {
    request.headers = ReadHeaders(*headers, diagnostics_);
  }
  if (const YamlEntry* auth = Find(node, "auth")) {
    ReadAuth(*auth, request.headers, diagnostics_);
  }
  request.headers = MergedHeaders(std::move(request.headers), defaults_.headers);
  ReadBody(node, file_name_, request, diagnostics_);
  CheckContentLength(node, request);
  if (const YamlNode* check = FindValue(node, "check")) {
    request.check = ReadCheck(*check, diagnostics_);
  }
  CheckSlots(node, verb, request);
  if (const YamlNode* extract = FindValue(node, "extract")) {
    request.extractions = ReadExtractions(*extract, diagnostics_);
    for (const Extraction& extraction : request.extractions) {
      scope_.variables.insert(extraction.variable);
    }
  }
  return request;
}

// Of the whole request: headers may come from the defaults, which do not know what is extracted.
void FlowReader::CheckSlots(const YamlNode& node, const YamlEntry& verb, Request& request) {
  const YamlNode* headers = FindValue(node, "headers");
  const YamlNode* auth = FindValue(node, "auth");
  const YamlEntry* body = FindBody(node);
  const auto check = [&](Named value, std::string_view text) {
    request.has_slots = request.has_slots || HasSlots(text);
    CheckSlotNames(value, text, scope_, diagnostics_);
  };
  check({verb.value, "path"}, request.path);
  for (const Header& header : request.headers) {
    const YamlNode* value = headers == nullptr ? nullptr : FindValue(*headers, header.name);
    if (value == nullptr && auth != nullptr && header.name == kAuthorization) {
      value = auth;
    }
    check({value == nullptr ? verb.value : *value, header.name}, header.value);
  }
  if (body != nullptr) {
    check({body->value, body->key.text}, request.body);
  }
}

bool FlowReader::ReadMethodAndPath(const YamlEntry& verb, Request& request) {
  const std::optional<std::string> text =
      ReadSlottedText({verb.value, verb.key.text}, diagnostics_);
  if (!text) {
    return false;
  }
  std::string_view path = Trimmed(*text);
  if (verb.key.text == "request") {
    const std::size_t space = std::min(path.find(' '), path.size());
    request.method = std::string(path.substr(0, space));
    path = Trimmed(path.substr(space));
    if (const Status valid = CheckMethod(request.method); !valid) {
      diagnostics_.Add(verb.value.span, valid.error());
      return false;
    }
    if (path.empty()) {
      diagnostics_.Add(verb.value.span, "the request names no path",
                       fmt::format("write '{} /path'", request.method));
      return false;
    }
  } else {
    request.method = verb.key.text;
    std::transform(request.method.begin(), request.method.end(), request.method.begin(),
                   [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  }
  if (const Status valid = CheckPath(WithoutSlots(path, "0")); !valid) {
    diagnostics_.Add(verb.value.span, valid.error());
    return false;
  }
  request.path = std::string(path);
  return true;
}

std::string FlowReader::ReadStepName(const YamlNode& node, const YamlEntry& verb,
                                     std::string usual) {
  SourceSpan span = verb.value.span;
  const YamlNode* name = FindValue(node, "name");
  if (name != nullptr) {
    span = name->span;
    usual = ReadName({*name, "name of a step"}, kNameBytesMax, diagnostics_).value_or("");
    if (usual.empty()) {
      return usual;
    }
  } else {
    usual = Printable(usual, kNameBytesMax);
  }
  const auto [first, is_new] = step_names_.emplace(usual, span);
  if (is_new) {
    return usual;
  }
  diagnostics_.Add(span,
                   fmt::format("two steps are called '{}', here and in line {}",
                               Printable(usual, 60), first->second.line),
                   name != nullptr ? "give one of them another name"
                                   : "give one of them a name of its own with 'name:'");
  return usual;
}

void FlowReader::CheckContentLength(const YamlNode& node, const Request& request) {
  const Header* length = FindHeader(request.headers, "content-length");
  if (length != nullptr && HasSlots(request.body)) {
    diagnostics_.Add(node.span, "content-length is set, but the body has slots",
                     "leave the header out: weir sends the right one");
  } else if (length != nullptr && length->value != std::to_string(request.body.size())) {
    diagnostics_.Add(node.span,
                     fmt::format("content-length is set to '{}', but the body has {} bytes",
                                 Printable(length->value, 20), request.body.size()),
                     "leave the header out: weir sends the right one");
  }
}

}  // namespace

StepDefaults ReadDefaults(const YamlNode& node, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 4> kKnown = {"timeout", "headers", "apdex", "auth"};
  StepDefaults defaults;
  if (!CheckKeys(node, {"defaults", kKnown, {}}, diagnostics)) {
    return defaults;
  }
  if (const YamlNode* timeout = FindValue(node, "timeout")) {
    defaults.timeout = ReadDuration({*timeout, "timeout"}, kTimeoutRange, diagnostics);
  }
  defaults.apdex = ReadApdex(node, diagnostics, std::nullopt);
  if (const YamlNode* headers = FindValue(node, "headers")) {
    defaults.headers = ReadHeaders(*headers, diagnostics);
  }
  if (const YamlEntry* auth = Find(node, "auth")) {
    ReadAuth(*auth, defaults.headers, diagnostics);
  }
  return defaults;
}

std::vector<Flow> ReadFlows(const YamlNode& node, const FlowContext& context,
                            Diagnostics& diagnostics) {
  std::vector<Flow> flows;
  if (node.kind != Kind::kSequence || node.items.empty() || node.items.size() > kFlowsMax) {
    diagnostics.Add(node.span, fmt::format("flows must be a list of 1 to {}", kFlowsMax),
                    "begin each flow with '- name: NAME' and give it 'steps:'");
    return flows;
  }
  FlowReader reader(context, diagnostics);
  for (const YamlNode& item : node.items) {
    flows.push_back(reader.ReadFlow(item, flows.size()));
  }
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
