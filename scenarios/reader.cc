#include "scenarios/reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/diagnostic.h"
#include "scenarios/internal/read_connection.h"
#include "scenarios/internal/read_data.h"
#include "scenarios/internal/read_flows.h"
#include "scenarios/internal/read_load.h"
#include "scenarios/internal/read_replay.h"
#include "scenarios/internal/read_scenarios.h"
#include "scenarios/internal/source_file.h"
#include "scenarios/internal/values.h"
#include "scenarios/internal/yaml_tree.h"
#include "scenarios/target.h"
#include "scenarios/threshold.h"

namespace weir::scenarios {
namespace {

using internal::Find;
using internal::FindValue;
using internal::ReadName;
using internal::ReadText;
using internal::YamlEntry;
using internal::YamlNode;
using Kind = YamlNode::Kind;

constexpr std::size_t kNameBytesMax = 200;
constexpr std::size_t kThresholdsMax = 100;
constexpr std::string_view kSmallest =
    "write, for example:\n"
    "    target: http://localhost:8080\n"
    "    steps: [ { get: / } ]\n"
    "    load: { stages: [ { rate: 50/s, for: 30s } ] }";

// "dir/checkout.yaml" names a scenario "checkout".
std::string NameFromFile(std::string_view file_name) {
  file_name.remove_prefix(std::min(file_name.rfind('/') + 1, file_name.size()));
  if (const std::size_t dot = file_name.rfind('.'); dot != file_name.npos && dot > 0) {
    file_name = file_name.substr(0, dot);
  }
  return file_name.empty() ? "scenario" : Printable(file_name, kNameBytesMax);
}

void ReadTarget(const YamlNode& node, Scenario& scenario, Diagnostics& diagnostics) {
  const std::optional<std::string> url = ReadText({node, "target"}, diagnostics);
  if (!url) {
    return;
  }
  Result<Target> target = ParseTarget(internal::Trimmed(*url));
  if (!target) {
    diagnostics.Add(node.span, target.error());
    return;
  }
  scenario.target = *std::move(target);
}

void ReadCookies(const YamlNode& node, Scenario& scenario, Diagnostics& diagnostics) {
  const std::optional<std::string> word = ReadText({node, "cookies"}, diagnostics);
  if (!word) {
    return;
  }
  if (*word == "user") {
    scenario.cookies = Cookies::kUser;
  } else if (*word == "round") {
    scenario.cookies = Cookies::kRound;
  } else if (*word != "none") {
    diagnostics.Add(node.span, fmt::format("cookies: '{}' is not known", Printable(*word, 40)),
                    "write 'user' (a user keeps them over his rounds), 'round' (each round begins "
                    "without any) or 'none'");
  }
}

void ReadFlowsOrSteps(const YamlNode& root, std::string_view file_name, Scenario& scenario,
                      Diagnostics& diagnostics) {
  internal::StepDefaults defaults;
  if (const YamlNode* node = FindValue(root, "defaults")) {
    defaults = internal::ReadDefaults(*node, diagnostics);
  }
  const YamlEntry* flows = Find(root, "flows");
  const YamlEntry* steps = Find(root, "steps");
  if (const YamlEntry* list = Find(root, "scenarios")) {
    for (const std::string_view key : {"flows", "steps", "replay"}) {
      if (const YamlEntry* other = Find(root, key)) {
        diagnostics.Add(other->key.span, fmt::format("scenario has both 'scenarios' and '{}'", key),
                        other == Find(root, "replay") ? "remove one: a replay is a load by itself"
                                                      : "move it into one of the scenarios");
      }
    }
    internal::ReadScenarios(list->value, {defaults, scenario.data, file_name}, scenario,
                            diagnostics);
    return;
  }
  if (flows != nullptr && steps != nullptr) {
    diagnostics.Add(steps->key.span, "scenario has both 'flows' and 'steps'",
                    "move the steps into a flow");
  }
  if (const YamlEntry* replay = Find(root, "replay")) {
    const YamlEntry* other = flows != nullptr ? flows : steps;
    if (other != nullptr) {
      diagnostics.Add(other->key.span,
                      fmt::format("scenario has both 'replay' and '{}'", other->key.text),
                      "remove one: a replay sends what its file holds");
    }
    internal::ReadReplay(replay->value, {defaults, scenario.data, file_name}, scenario,
                         diagnostics);
  } else if (flows != nullptr) {
    scenario.flows =
        internal::ReadFlows(flows->value, {defaults, scenario.data, file_name}, diagnostics);
  } else if (steps != nullptr) {
    scenario.flows =
        internal::ReadBareSteps(steps->value, {defaults, scenario.data, file_name}, diagnostics);
  } else {
    diagnostics.Add(
        {}, "the scenario has no steps",
        "add 'steps:' with a list such as '- get: /', 'flows:' with several, 'scenarios:' or "
        "'replay:'");
  }
}

// `{ product: json $.items[0].id }` is how everybody writes it, but brackets within braces end a
// plain scalar of YAML. Parentheses do not, are as long, and are brackets to ParseJsonPath.
std::string WithBracketsOfPathsMended(std::string_view yaml) {
  constexpr std::string_view kLead = ": json $";
  std::string mended(yaml);
  for (std::size_t at = mended.find(kLead); at != std::string::npos;
       at = mended.find(kLead, at + 1)) {
    int depth = 0;
    for (std::size_t i = at + kLead.size(); i < mended.size() && mended[i] != '\n'; ++i) {
      char& c = mended[i];
      if (c == '[') {
        c = '(';
        ++depth;
      } else if (c == ']' && depth > 0) {
        c = ')';
        --depth;
      } else if (depth == 0 && (c == ',' || c == '}' || c == ' ')) {
        break;
      }
    }
  }
  return mended;
}

// A threshold as written. `list: p(99) < 400ms` without quotes is a map of one key for YAML.
std::optional<std::string> ThresholdText(const YamlNode& node, Diagnostics& diagnostics) {
  const bool pair = node.kind == Kind::kMap && node.entries.size() == 1 &&
                    node.entries[0].value.kind == Kind::kScalar;
  if (pair) {
    return fmt::format("{}: {}", node.entries[0].key.text, node.entries[0].value.text);
  }
  if (node.kind == Kind::kScalar) {
    return node.text;
  }
  diagnostics.Add(node.span, "a threshold must be a single line",
                  "write 'p(95) < 200ms' or 'STEP: p(95) < 200ms'");
  return std::nullopt;
}

// An error is placed on the whole threshold: its first token, and what follows it.
SourceSpan ThresholdSpan(const YamlNode& node, std::string_view text) {
  SourceSpan span = node.span;
  if (node.kind == Kind::kMap && node.entries[0].key.span.line == node.entries[0].value.span.line) {
    span.length =
        node.entries[0].value.span.column + node.entries[0].value.span.length - span.column;
  }
  return text.empty() ? node.span : span;
}

std::string ListOf(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    list += list.empty() ? "" : ", ";
    list += list.size() < 200 ? std::string_view(name) : std::string_view("...");
  }
  return Printable(list, 300);
}

void CheckStepExists(const Threshold& threshold, const SourceSpan& span, const Scenario& scenario,
                     Diagnostics& diagnostics) {
  std::vector<std::string> names;
  for (const StepName& step : scenario.StepNames()) {
    if (step.step == threshold.step) {
      return;
    }
    names.push_back(step.step);
  }
  const std::vector<std::string_view> words(names.begin(), names.end());
  const std::optional<std::string> near =
      threshold.step.size() > 100 ? std::nullopt : NearestWord(threshold.step, words);
  diagnostics.Add(
      span, fmt::format("threshold on unknown step '{}'", Printable(threshold.step, 60)),
      near ? fmt::format("did you mean '{}'? known steps: {}", Printable(*near), ListOf(names))
           : fmt::format("known steps: {}", ListOf(names)));
}

void CheckTagsExist(const Threshold& threshold, const SourceSpan& span, const Scenario& scenario,
                    Diagnostics& diagnostics) {
  std::vector<std::string> known;
  for (const StepName& step : scenario.StepNames()) {
    if (step.Has(threshold.tags)) {
      return;
    }
    for (const Tag& tag : step.tags) {
      const std::string text = TagsText({tag});
      if (std::find(known.begin(), known.end(), text) == known.end()) {
        known.push_back(text);
      }
    }
  }
  diagnostics.Add(span, fmt::format("no step has the tags '{}'", TagsText(threshold.tags)),
                  known.empty() ? "give steps tags: 'tags: { kind: api }'"
                                : fmt::format("known tags: {}", ListOf(known)));
}

void ReadThresholds(const YamlNode& node, Scenario& scenario, Diagnostics& diagnostics) {
  if (node.kind != Kind::kSequence || node.items.size() > kThresholdsMax) {
    diagnostics.Add(node.span,
                    fmt::format("thresholds must be a list of at most {}", kThresholdsMax),
                    "begin each with '- ', for example '- p(95) < 200ms'");
    return;
  }
  for (const YamlNode& item : node.items) {
    const std::optional<std::string> text = ThresholdText(item, diagnostics);
    if (!text) {
      continue;
    }
    const SourceSpan span = ThresholdSpan(item, *text);
    Result<Threshold> threshold = ParseThreshold(*text);
    if (!threshold) {
      diagnostics.Add(span, internal::Explained("threshold", threshold.error()));
      continue;
    }
    if (!threshold->step.empty()) {
      CheckStepExists(*threshold, span, scenario, diagnostics);
    }
    if (scenario.load.warm_up_auto && NeedsSeconds(*threshold)) {
      diagnostics.Add(span, "'over' and 'abort after' do not go with 'warm_up: auto'",
                      "they are looked at while the run goes on: write the warm-up as a duration");
    }
    if (!threshold->tags.empty()) {
      CheckTagsExist(*threshold, span, scenario, diagnostics);
    }
    scenario.thresholds.push_back(*std::move(threshold));
  }
}

// What says where requests go and how has no meaning for programs.
void CheckProgramKeys(const YamlNode& root, const Scenario& scenario, Diagnostics& diagnostics) {
  const bool runs_programs = !scenario.flows.empty() && scenario.RunsPrograms();
  for (const std::string_view key :
       {"target", "protocol", "streams", "pipeline", "engine", "tls", "curl", "cookies"}) {
    if (const YamlEntry* entry = Find(root, key); entry != nullptr && runs_programs) {
      diagnostics.Add(entry->key.span, fmt::format("'{}' does not go with programs", key),
                      "remove it: programs are run here, not sent anywhere");
    }
  }
}

void ReadRoot(const YamlNode& root, std::string_view file_name, Scenario& scenario,
              Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 17> kKnown = {
      "name",      "target", "defaults",   "data",     "flows",   "steps",
      "scenarios", "load",   "thresholds", "protocol", "streams", "engine",
      "tls",       "curl",   "pipeline",   "cookies",  "replay"};
  if (root.kind == Kind::kNull) {
    diagnostics.Add({}, "the file is empty", std::string(kSmallest));
    return;
  }
  if (!CheckKeys(root, {"scenario", kKnown, {}}, diagnostics)) {
    return;
  }
  if (const YamlNode* name = FindValue(root, "name")) {
    scenario.name = ReadName({*name, "name"}, kNameBytesMax, diagnostics).value_or("");
  }
  if (const YamlNode* target = FindValue(root, "target")) {
    ReadTarget(*target, scenario, diagnostics);
  }
  scenario.connection = internal::ReadConnection(root, diagnostics);
  if (const YamlNode* data = FindValue(root, "data")) {
    scenario.data = internal::ReadData(*data, file_name, diagnostics);
  }
  if (const YamlNode* cookies = FindValue(root, "cookies")) {
    ReadCookies(*cookies, scenario, diagnostics);
  }
  ReadFlowsOrSteps(root, file_name, scenario, diagnostics);
  CheckProgramKeys(root, scenario, diagnostics);
  std::vector<Stage> given = internal::StagesOf(scenario.replay.get());
  const YamlEntry* load = Find(root, "load");
  if (const YamlEntry* list = Find(root, "scenarios")) {
    internal::ReadSharedLoad(load == nullptr ? nullptr : &load->value, list->key.span, scenario,
                             diagnostics);
  } else if (load != nullptr) {
    scenario.load = internal::ReadLoad(load->value, load->key.span, std::move(given), diagnostics);
  } else if (!given.empty()) {
    scenario.load.stages = std::move(given);
  } else {
    diagnostics.Add({}, "the scenario has no load",
                    "add 'load: { stages: [ { rate: 50/s, for: 30s } ] }'");
  }
  if (const YamlNode* thresholds = FindValue(root, "thresholds")) {
    ReadThresholds(*thresholds, scenario, diagnostics);
  }
}

}  // namespace

Result<Scenario> ReadScenario(std::string_view text, std::string_view file_name) {
  if (text.size() > kScenarioBytesMax) {
    return UsageError(fmt::format("{}: the scenario is larger than {}; split it into several files",
                                  Printable(file_name, 300), FormatBytes(kScenarioBytesMax)));
  }
  const std::string_view yaml = internal::WithoutMark(text);
  Diagnostics diagnostics;
  Scenario scenario;
  scenario.name = NameFromFile(file_name);
  scenario.source_text = std::string(text);
  if (const std::optional<YamlNode> root =
          internal::ParseYaml(WithBracketsOfPathsMended(yaml), diagnostics)) {
    ReadRoot(*root, file_name, scenario, diagnostics);
  }
  if (!diagnostics.empty()) {
    return tl::unexpected(diagnostics.ToError(file_name, yaml));
  }
  return scenario;
}

Result<Scenario> ReadScenarioFile(const std::string& path) {
  const Result<std::string> text = internal::ReadSourceFile(path, "scenario", kScenarioBytesMax);
  if (!text) {
    return tl::unexpected(text.error());
  }
  return ReadScenario(*text, path);
}

}  // namespace weir::scenarios
