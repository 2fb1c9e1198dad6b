#include "scenarios/gate_policy.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/diagnostic.h"
#include "scenarios/internal/foreign_slo.h"
#include "scenarios/internal/read_actions.h"
#include "scenarios/internal/read_criterion.h"
#include "scenarios/internal/source_file.h"
#include "scenarios/internal/values.h"
#include "scenarios/internal/yaml_tree.h"
#include "scenarios/yaml_document.h"

namespace weir::scenarios {
namespace {

using internal::FindValue;
using internal::Named;
using internal::ReadCount;
using internal::ReadName;
using internal::ReadShare;
using internal::ReadText;
using internal::YamlNode;
using Kind = YamlNode::Kind;

constexpr std::size_t kPolicyBytesMax = 256 * 1024;
constexpr std::size_t kCriteriaMax = 100;
constexpr std::uint32_t kEarlierGatesMax = 20;
constexpr std::size_t kNameBytesMax = internal::kPolicyNameBytesMax;

// What a key that allows a few words says; the first word is the default. Returns its index.
struct Words {
  std::array<std::string_view, 3> words;
  std::string_view hint;
};

std::size_t ReadChoice(const YamlNode& root, std::string_view key, const Words& choice,
                       Diagnostics& diagnostics) {
  const YamlNode* node = FindValue(root, key);
  const std::optional<std::string> text =
      node == nullptr ? std::nullopt : ReadText({*node, key}, diagnostics);
  if (!text) {
    return 0;
  }
  for (std::size_t i = 0; i < choice.words.size(); ++i) {
    if (*text == choice.words[i] && !text->empty()) {
      return i;
    }
  }
  diagnostics.Add(node->span, fmt::format("{}: '{}' is not known", key, Printable(*text, 40)),
                  std::string(choice.hint));
  return 0;
}

constexpr std::array<OnMissing, 3> kOnMissing = {OnMissing::kInconclusive, OnMissing::kPass,
                                                 OnMissing::kFail};

void ReadRules(const YamlNode& root, GatePolicy& policy, Diagnostics& diagnostics) {
  constexpr Words kMissing = {{"inconclusive", "pass", "fail"},
                              "write 'inconclusive', 'pass' or 'fail'"};
  policy.on_invalid =
      ReadChoice(root, "on_invalid",
                 {{"inconclusive", "warn", ""},
                  "write 'inconclusive' (no verdict rests on an invalid run) or 'warn'"},
                 diagnostics) == 1
          ? OnInvalid::kWarn
          : OnInvalid::kInconclusive;
  policy.on_missing = kOnMissing[ReadChoice(root, "on_missing", kMissing, diagnostics)];
  policy.on_no_baseline = kOnMissing[ReadChoice(root, "on_no_baseline", kMissing, diagnostics)];
  policy.any_environment =
      ReadChoice(root, "on_environment",
                 {{"inconclusive", "warn", ""},
                  "write 'inconclusive' (other machines are no comparison) or 'warn'"},
                 diagnostics) == 1;
  policy.demand_rule =
      ReadChoice(root, "demands",
                 {{"interval", "point", ""},
                  "write 'interval' (a limit is held or missed when the runs show it) or 'point' "
                  "(values as they are)"},
                 diagnostics) == 1
          ? DemandRule::kPoint
          : DemandRule::kInterval;
}

void ReadSelectors(const YamlNode& root, GatePolicyFile& file, Diagnostics& diagnostics) {
  const std::array<std::pair<std::string_view, std::string*>, 3> selectors = {
      {{"candidate", &file.candidate}, {"baseline", &file.baseline}, {"history", &file.history}}};
  for (const auto& [key, selector] : selectors) {
    if (const YamlNode* node = FindValue(root, key)) {
      *selector = ReadName({*node, key}, kNameBytesMax, diagnostics).value_or("");
    }
  }
}

void ReadScore(const YamlNode& node, GatePolicy& policy, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 2> kKnown = {"pass", "warning"};
  if (!CheckKeys(node, {"total_score", kKnown, {}}, diagnostics)) {
    return;
  }
  ScoreRule& score = policy.score.emplace();
  if (const YamlNode* pass = FindValue(node, "pass")) {
    score.pass = ReadShare({*pass, "pass"}, 1, diagnostics).value_or(score.pass);
  }
  if (const YamlNode* warning = FindValue(node, "warning")) {
    score.warning = ReadShare({*warning, "warning"}, 1, diagnostics).value_or(score.warning);
  }
  if (score.warning > score.pass) {
    diagnostics.Add(node.span, "total_score warns above the score that passes",
                    "give 'pass' the larger one: { pass: 90%, warning: 75% }");
  }
}

void ReadCriteria(const YamlNode& criteria, GatePolicy& policy, Diagnostics& diagnostics) {
  if (criteria.kind != Kind::kSequence || criteria.items.empty() ||
      criteria.items.size() > kCriteriaMax) {
    diagnostics.Add(criteria.span, fmt::format("criteria must be a list of 1 to {}", kCriteriaMax),
                    "begin each with '- ', for example '- response_time: p99'");
    return;
  }
  for (const YamlNode& item : criteria.items) {
    policy.criteria.push_back(internal::ReadCriterion(item, diagnostics));
  }
}

void ReadOwn(const YamlNode& root, GatePolicyFile& file, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 17> kKnown = {
      "candidate",   "baseline",     "history",        "alpha",          "criteria",
      "total_score", "demands",      "on_invalid",     "on_fail",        "on_inconclusive",
      "on_error",    "on_missing",   "on_no_baseline", "on_environment", "dry_run",
      "waivers",     "earlier_gates"};
  if (root.kind == Kind::kNull) {
    diagnostics.Add({}, "the file is empty",
                    "write, for example, 'criteria: [ { response_time: p99, tolerance: 5% } ]'");
    return;
  }
  if (!CheckKeys(root, {"gate policy", kKnown, {}}, diagnostics)) {
    return;
  }
  ReadSelectors(root, file, diagnostics);
  if (const YamlNode* alpha = FindValue(root, "alpha")) {
    file.policy.alpha = ReadShare({*alpha, "alpha"}, 0.5, diagnostics).value_or(file.policy.alpha);
  }
  ReadRules(root, file.policy, diagnostics);
  if (const YamlNode* gates = FindValue(root, "earlier_gates")) {
    file.policy.earlier_gates = static_cast<int>(
        ReadCount({*gates, "earlier_gates"}, {.low = 0, .high = kEarlierGatesMax}, diagnostics)
            .value_or(0));
  }
  file.policy.actions = internal::ReadActions(root, diagnostics);
  if (const YamlNode* waivers = FindValue(root, "waivers")) {
    file.policy.waivers = internal::ReadWaivers(*waivers, diagnostics);
  }
  if (const YamlNode* score = FindValue(root, "total_score")) {
    ReadScore(*score, file.policy, diagnostics);
  }
  if (const YamlNode* criteria = FindValue(root, "criteria")) {
    ReadCriteria(*criteria, file.policy, diagnostics);
  }
}

bool IsKeptn(const YamlNode& root) {
  return root.kind == Kind::kMap &&
         (FindValue(root, "spec_version") != nullptr || FindValue(root, "objectives") != nullptr);
}

bool IsOpenSlo(const YamlNode& root) {
  const YamlNode* version = root.kind == Kind::kMap ? FindValue(root, "apiVersion") : nullptr;
  return version != nullptr && version->text.starts_with("openslo/");
}

void ReadRoot(const YamlNode& root, GatePolicyFile& file, Diagnostics& diagnostics) {
  if (IsOpenSlo(root)) {
    internal::ReadOpenSlo(root, file, diagnostics);
  } else if (IsKeptn(root)) {
    internal::ReadKeptnSlo(root, file, diagnostics);
  } else {
    ReadOwn(root, file, diagnostics);
  }
}

void ReadWaiverRoot(const YamlNode& root, std::vector<Waiver>& waivers, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 1> kKnown = {"waivers"};
  if (root.kind != Kind::kMap) {
    waivers = internal::ReadWaivers(root, diagnostics);
  } else if (CheckKeys(root, {"list of waivers", kKnown, {}}, diagnostics)) {
    if (const YamlNode* list = FindValue(root, "waivers")) {
      waivers = internal::ReadWaivers(*list, diagnostics);
    }
  }
}

template <typename T, typename Reader>
Result<T> ReadYaml(std::string_view text, std::string_view file_name, T into, Reader read) {
  if (text.size() > kPolicyBytesMax) {
    return UsageError(fmt::format("{}: the gate policy is larger than {}; shorten it",
                                  Printable(file_name, 300), FormatBytes(kPolicyBytesMax)));
  }
  return ReadYamlDocument(text, file_name, std::move(into), read);
}

}  // namespace

Result<GatePolicyFile> ReadGatePolicy(std::string_view text, std::string_view file_name) {
  return ReadYaml(text, file_name, GatePolicyFile{}, ReadRoot);
}

Result<std::vector<Waiver>> ReadWaiverList(std::string_view text, std::string_view file_name) {
  return ReadYaml(text, file_name, std::vector<Waiver>{}, ReadWaiverRoot);
}

Result<std::string> ReadPolicyText(const std::string& path) {
  return internal::ReadSourceFile(path, "gate policy", kPolicyBytesMax);
}

Result<GatePolicyFile> ReadGatePolicyFile(const std::string& path) {
  const Result<std::string> text = ReadPolicyText(path);
  if (!text) {
    return tl::unexpected(text.error());
  }
  return ReadGatePolicy(*text, path);
}

}  // namespace weir::scenarios
