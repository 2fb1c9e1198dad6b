#include <array>
#include <string>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/internal/foreign_slo.h"
#include "scenarios/internal/read_criterion.h"
#include "scenarios/internal/read_demand.h"

namespace weir::scenarios::internal {
namespace {

using Basis = GateCriterion::Basis;
using Kind = GateCriterion::Kind;

constexpr std::size_t kObjectivesMax = 100;
constexpr std::uint32_t kResultsMax = 1000;
constexpr std::array<std::string_view, 3> kLatencyNames = {"response_time", "request_latency",
                                                           "latency"};

// "response_time_p95": the rest behind the name of a latency; no value for another metric.
std::optional<std::string> LatencyPart(std::string_view sli) {
  for (const std::string_view name : kLatencyNames) {
    if (sli == name) {
      return "";
    }
    if (sli.starts_with(name) && sli[name.size()] == '_') {
      return std::string(sli.substr(name.size() + 1));
    }
  }
  return std::nullopt;
}

GateCriterion CriterionOf(const std::string& sli) {
  GateCriterion criterion;
  criterion.basis = Basis::kDemands;
  criterion.name = sli;
  if (sli == "throughput") {
    criterion.kind = Kind::kThroughput;
    return criterion;
  }
  if (sli == "error_rate") {
    criterion.kind = Kind::kErrorRate;
    return criterion;
  }
  const std::optional<std::string> part = LatencyPart(sli);
  const auto quantile = part ? ParseQuantileName(*part) : Result<std::optional<double>>();
  if (part && quantile && *quantile) {
    criterion.kind = Kind::kResponseQuantile;
    criterion.quantile = **quantile;
  } else if (part && (part->empty() || *part == "avg" || *part == "mean")) {
    criterion.kind = Kind::kResponseMean;
  } else {
    criterion.kind = Kind::kResource;
    criterion.resource = sli;
  }
  return criterion;
}

// `pass` or `warning`: a list of sets, of which one must hold.
std::vector<DemandSet> ReadSets(Named value, const GateCriterion& criterion,
                                Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 1> kKnown = {"criteria"};
  std::vector<DemandSet> sets;
  if (value.node.kind != YamlNode::Kind::kSequence) {
    diagnostics.Add(value.node.span, fmt::format("{} must be a list", value.name),
                    "write '- criteria: [ \"<=+10%\", \"<600\" ]'");
    return sets;
  }
  for (const YamlNode& item : value.node.items) {
    if (!CheckKeys(item, {value.name, kKnown, {}}, diagnostics)) {
      continue;
    }
    const YamlNode* criteria = FindValue(item, "criteria");
    if (criteria == nullptr) {
      diagnostics.Add(item.span, fmt::format("an entry of {} without 'criteria'", value.name),
                      "write 'criteria: [ \"<=+10%\", \"<600\" ]'");
      continue;
    }
    sets.push_back(
        ReadDemandSet({*criteria, "criteria"}, criterion, DemandUnits::kKeptn, diagnostics));
  }
  return sets;
}

GateCriterion ReadObjective(const YamlNode& node, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 6> kKnown = {"sli",     "displayName", "pass",
                                                      "warning", "weight",      "key_sli"};
  if (!CheckKeys(node, {"objective", kKnown, {}}, diagnostics)) {
    return {};
  }
  const YamlNode* sli = FindValue(node, "sli");
  if (sli == nullptr) {
    diagnostics.Add(node.span, "this objective names no 'sli'", "write 'sli: response_time_p95'");
    return {};
  }
  GateCriterion criterion =
      CriterionOf(ReadName({*sli, "sli"}, kPolicyNameBytesMax, diagnostics).value_or(""));
  if (const YamlNode* pass = FindValue(node, "pass")) {
    criterion.pass = ReadSets({*pass, "pass"}, criterion, diagnostics);
  }
  if (const YamlNode* warning = FindValue(node, "warning")) {
    criterion.warn = ReadSets({*warning, "warning"}, criterion, diagnostics);
  }
  if (const YamlNode* weight = FindValue(node, "weight")) {
    criterion.weight = ReadWeight({*weight, "weight"}, diagnostics).value_or(1);
  }
  if (const YamlNode* key = FindValue(node, "key_sli")) {
    criterion.key = ReadFlag({*key, "key_sli"}, diagnostics).value_or(false);
  }
  return criterion;
}

// One of a few words; the first of them when it is absent.
std::size_t ReadWord(const YamlNode& map, std::string_view key,
                     std::span<const std::string_view> words, Diagnostics& diagnostics) {
  const YamlNode* node = FindValue(map, key);
  const std::optional<std::string> text =
      node == nullptr ? std::nullopt : ReadText({*node, key}, diagnostics);
  if (!text) {
    return 0;
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (*text == words[i]) {
      return i;
    }
  }
  const auto near = text->size() > 40 ? std::nullopt : NearestWord(*text, words);
  diagnostics.Add(node->span, fmt::format("{}: '{}' is not known", key, Printable(*text, 40)),
                  fmt::format("{}{}", near ? fmt::format("did you mean '{}'? ", *near) : "",
                              fmt::format("known: {}", fmt::join(words, ", "))));
  return 0;
}

void ReadComparison(const YamlNode& node, GatePolicyFile& file, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 4> kKnown = {"compare_with", "include_result_with_score",
                                                      "number_of_comparison_results",
                                                      "aggregate_function"};
  constexpr std::array<std::string_view, 2> kWith = {"single_result", "several_results"};
  constexpr std::array<std::string_view, 3> kInclude = {"all", "pass", "pass_or_warn"};
  constexpr std::array<std::string_view, 3> kBaselines = {"last-verdict", "last-pass", "last-warn"};
  constexpr std::array<std::string_view, 5> kAggregates = {"avg", "p50", "p90", "p95", "p99"};
  constexpr std::array<double, 5> kQuantiles = {0, 0.5, 0.9, 0.95, 0.99};
  if (!CheckKeys(node, {"comparison", kKnown, {}}, diagnostics)) {
    return;
  }
  const bool several = ReadWord(node, "compare_with", kWith, diagnostics) == 1;
  const std::size_t include = ReadWord(node, "include_result_with_score", kInclude, diagnostics);
  std::uint32_t results = 1;
  if (const YamlNode* count = FindValue(node, "number_of_comparison_results")) {
    results = ReadCount({*count, "number_of_comparison_results"}, {.low = 1, .high = kResultsMax},
                        diagnostics)
                  .value_or(1);
  }
  const std::size_t aggregate = ReadWord(node, "aggregate_function", kAggregates, diagnostics);
  if (aggregate > 0) {
    file.policy.aggregate_quantile = kQuantiles[aggregate];
  }
  // A single result has no number of results, as in Keptn.
  file.baseline = fmt::format("{}:{}", kBaselines[include], several ? results : 1);
}

void ReadScore(const YamlNode& node, ScoreRule& score, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 2> kKnown = {"pass", "warning"};
  if (!CheckKeys(node, {"total_score", kKnown, {}}, diagnostics)) {
    return;
  }
  if (const YamlNode* pass = FindValue(node, "pass")) {
    score.pass = ReadShare({*pass, "pass"}, 1, diagnostics).value_or(score.pass);
  }
  if (const YamlNode* warning = FindValue(node, "warning")) {
    score.warning = ReadShare({*warning, "warning"}, 1, diagnostics).value_or(score.warning);
  }
}

}  // namespace

void ReadKeptnSlo(const YamlNode& root, GatePolicyFile& file, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 5> kKnown = {"spec_version", "filter", "comparison",
                                                      "objectives", "total_score"};
  if (!CheckKeys(root, {"Keptn SLO", kKnown, {}}, diagnostics)) {
    return;
  }
  file.form = PolicyForm::kKeptn;
  file.policy.on_no_baseline = OnMissing::kPass;
  file.policy.score = ScoreRule{};
  file.baseline = "last-verdict:1";
  if (const YamlNode* comparison = FindValue(root, "comparison")) {
    ReadComparison(*comparison, file, diagnostics);
  }
  if (const YamlNode* score = FindValue(root, "total_score")) {
    ReadScore(*score, *file.policy.score, diagnostics);
  }
  const YamlNode* objectives = FindValue(root, "objectives");
  if (objectives == nullptr || objectives->kind != YamlNode::Kind::kSequence ||
      objectives->items.empty() || objectives->items.size() > kObjectivesMax) {
    diagnostics.Add(objectives == nullptr ? root.span : objectives->span,
                    fmt::format("objectives must be a list of 1 to {}", kObjectivesMax),
                    "begin each with '- sli: NAME'");
    return;
  }
  for (const YamlNode& item : objectives->items) {
    file.policy.criteria.push_back(ReadObjective(item, diagnostics));
  }
}

}  // namespace weir::scenarios::internal
