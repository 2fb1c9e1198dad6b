#include <array>
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/internal/foreign_slo.h"
#include "scenarios/internal/read_criterion.h"

namespace weir::scenarios::internal {
namespace {

using Basis = GateCriterion::Basis;
using Kind = GateCriterion::Kind;

constexpr double kNsPerSecond = 1e9;
constexpr std::size_t kObjectivesMax = 100;

// The indicator's metric: what the objectives are about.
enum class Indicator { kUnknown, kRatio, kThreshold };

Indicator IndicatorOf(const YamlNode& spec, Diagnostics& diagnostics) {
  const YamlNode* indicator = FindValue(spec, "indicator");
  const YamlNode* inner = indicator == nullptr ? nullptr : FindValue(*indicator, "spec");
  if (inner != nullptr && FindValue(*inner, "ratioMetric") != nullptr) {
    return Indicator::kRatio;
  }
  if (inner != nullptr && FindValue(*inner, "thresholdMetric") != nullptr) {
    return Indicator::kThreshold;
  }
  diagnostics.Add(indicator == nullptr ? spec.span : indicator->span,
                  "the SLO has no indicator with a ratioMetric or thresholdMetric in it",
                  "an 'indicatorRef' names another file: put its spec here under 'indicator:'");
  return Indicator::kUnknown;
}

std::optional<double> ReadNumber(const YamlNode& map, std::string_view key,
                                 Diagnostics& diagnostics) {
  const YamlNode* node = FindValue(map, key);
  if (node == nullptr) {
    return std::nullopt;
  }
  return ReadWeight({*node, key}, diagnostics);
}

Result<Demand::Op> OpNamed(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, Demand::Op>, 4> kOps = {
      {{"lte", Demand::Op::kLessEqual},
       {"lt", Demand::Op::kLess},
       {"gte", Demand::Op::kGreaterEqual},
       {"gt", Demand::Op::kGreater}}};
  for (const auto& [word, op] : kOps) {
    if (name == word) {
      return op;
    }
  }
  return UsageError("");
}

void ReadObjective(const YamlNode& node, Indicator indicator, GatePolicyFile& file,
                   Diagnostics& diagnostics) {
  const std::optional<double> percent = ReadNumber(node, "targetPercent", diagnostics);
  const std::optional<double> target =
      percent ? std::optional(*percent / 100) : ReadNumber(node, "target", diagnostics);
  if (!target || *target <= 0 || *target >= 1) {
    diagnostics.Add(node.span, "this objective has no target between 0 and 1",
                    "write 'target: 0.99' or 'targetPercent: 99'");
    return;
  }
  GateCriterion criterion;
  criterion.basis = Basis::kDemands;
  Demand demand;
  if (indicator == Indicator::kRatio) {
    criterion.kind = Kind::kErrorRate;
    demand.op = Demand::Op::kLessEqual;
    demand.limit = 1 - *target;
    demand.text = fmt::format("<= {:.6g}%", (1 - *target) * 100);
  } else {
    const YamlNode* op = FindValue(node, "op");
    const std::optional<std::string> word =
        op == nullptr ? std::optional<std::string>("lte") : ReadText({*op, "op"}, diagnostics);
    const Result<Demand::Op> known = OpNamed(word.value_or(""));
    const std::optional<double> value = ReadNumber(node, "value", diagnostics);
    if (!known || !value) {
      diagnostics.Add(node.span, "an objective on a thresholdMetric needs 'op' and 'value'",
                      "write 'op: lte' (or lt, gte, gt) and 'value: 0.25', in seconds");
      return;
    }
    const bool below = *known == Demand::Op::kLess || *known == Demand::Op::kLessEqual;
    criterion.kind = Kind::kResponseQuantile;
    criterion.quantile = below ? *target : 1 - *target;
    demand.op = *known;
    demand.limit = *value * kNsPerSecond;
    demand.text = fmt::format("{} {}", *word, FormatDuration(FromSeconds(*value)));
  }
  criterion.pass = {{demand}};
  file.policy.criteria.push_back(std::move(criterion));
}

void RefuseWindows(const YamlNode& spec, Diagnostics& diagnostics) {
  const YamlNode* method = FindValue(spec, "budgetingMethod");
  if (method != nullptr && method->text != "Occurrences") {
    diagnostics.Add(
        method->span,
        fmt::format("budgetingMethod '{}' counts windows of time", Printable(method->text, 40)),
        "a gate judges runs: only 'Occurrences' has a meaning for them");
  }
}

}  // namespace

void ReadOpenSlo(const YamlNode& root, GatePolicyFile& file, Diagnostics& diagnostics) {
  file.form = PolicyForm::kOpenSlo;
  const YamlNode* kind = FindValue(root, "kind");
  if (kind == nullptr || kind->text != "SLO") {
    diagnostics.Add(kind == nullptr ? root.span : kind->span,
                    "an OpenSLO document of another kind than SLO is no policy",
                    "give the file with 'kind: SLO'");
    return;
  }
  const YamlNode* spec = FindValue(root, "spec");
  if (spec == nullptr || spec->kind != YamlNode::Kind::kMap) {
    diagnostics.Add(root.span, "the SLO has no spec", "write 'spec:' with 'objectives:' in it");
    return;
  }
  RefuseWindows(*spec, diagnostics);
  const Indicator indicator = IndicatorOf(*spec, diagnostics);
  const YamlNode* objectives = FindValue(*spec, "objectives");
  if (objectives == nullptr || objectives->kind != YamlNode::Kind::kSequence ||
      objectives->items.empty() || objectives->items.size() > kObjectivesMax) {
    diagnostics.Add(objectives == nullptr ? spec->span : objectives->span,
                    fmt::format("objectives must be a list of 1 to {}", kObjectivesMax),
                    "begin each with '- target: 0.99'");
    return;
  }
  for (const YamlNode& item : objectives->items) {
    if (indicator != Indicator::kUnknown) {
      ReadObjective(item, indicator, file, diagnostics);
    }
  }
}

}  // namespace weir::scenarios::internal
