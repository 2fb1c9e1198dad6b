#include "scenarios/gate_policy.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/diagnostic.h"
#include "scenarios/internal/source_file.h"
#include "scenarios/internal/values.h"
#include "scenarios/internal/yaml_tree.h"

namespace weir::scenarios {
namespace {

using internal::FindValue;
using internal::ReadName;
using internal::ReadText;
using internal::YamlEntry;
using internal::YamlNode;
using Kind = YamlNode::Kind;

constexpr std::size_t kPolicyBytesMax = 256 * 1024;
constexpr std::size_t kCriteriaMax = 100;
constexpr std::size_t kNameBytesMax = 200;
constexpr std::array<std::string_view, 3> kMetrics = {"response_time", "throughput", "error_rate"};
constexpr std::string_view kCriterionShape =
    "write 'response_time: p99', 'throughput' or 'error_rate', perhaps with 'tolerance: 5%'";

GateCriterion ByMetric(std::string_view metric) {
  GateCriterion criterion;
  if (metric == "throughput") {
    criterion.kind = GateCriterion::Kind::kThroughput;
  } else if (metric == "error_rate") {
    criterion.kind = GateCriterion::Kind::kErrorRate;
    criterion.tolerance = 0.001;
  }
  return criterion;
}

std::optional<double> ReadShare(internal::Named value, double high, Diagnostics& diagnostics) {
  const std::optional<std::string> text = ReadText(value, diagnostics);
  if (!text) {
    return std::nullopt;
  }
  const Result<double> ratio = ParseRatio(internal::Trimmed(*text));
  if (!ratio) {
    diagnostics.Add(value.node.span, internal::Explained(value.name, ratio.error()));
    return std::nullopt;
  }
  if (*ratio <= 0 || *ratio > high) {
    diagnostics.Add(value.node.span,
                    fmt::format("{} of '{}' is out of range", value.name, Printable(*text, 40)),
                    fmt::format("it must be above 0% and at most {:g}%", high * 100));
    return std::nullopt;
  }
  return *ratio;
}

void ReadStatistic(const YamlNode& node, GateCriterion& criterion, Diagnostics& diagnostics) {
  const std::optional<std::string> text = ReadText({node, "response_time"}, diagnostics);
  if (!text || *text == "body" || *text == "mean") {
    return;
  }
  const Result<std::optional<double>> quantile = internal::ParseQuantileName(*text);
  if (!quantile) {
    diagnostics.Add(node.span, quantile.error());
  } else if (!*quantile) {
    diagnostics.Add(
        node.span,
        fmt::format("'{}' is not a response time that a gate knows", Printable(*text, 40)),
        "write body (the whole distribution), or a percentile such as p50 or p99");
  } else {
    criterion.kind = GateCriterion::Kind::kResponseQuantile;
    criterion.quantile = **quantile;
    criterion.tolerance = 0.05;
  }
}

void ReadOptions(const YamlNode& map, GateCriterion& criterion, Diagnostics& diagnostics) {
  if (const YamlNode* tolerance = FindValue(map, "tolerance")) {
    criterion.tolerance =
        ReadShare({*tolerance, "tolerance"}, 1, diagnostics).value_or(criterion.tolerance);
  }
  if (const YamlNode* step = FindValue(map, "step")) {
    criterion.step = ReadName({*step, "step"}, kNameBytesMax, diagnostics).value_or("");
  }
}

GateCriterion ReadCriterion(const YamlNode& node, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 5> kKnown = {"response_time", "throughput", "error_rate",
                                                      "tolerance", "step"};
  constexpr std::array<std::string_view, 2> kOptions = {"tolerance", "step"};
  if (node.kind == Kind::kScalar) {
    if (node.text != "throughput" && node.text != "error_rate") {
      const std::optional<std::string> near =
          node.text.size() > 40 ? std::nullopt : NearestWord(node.text, kMetrics);
      diagnostics.Add(node.span, fmt::format("'{}' is not a criterion", Printable(node.text, 40)),
                      near && *near != node.text
                          ? fmt::format("did you mean '{}'? {}", *near, kCriterionShape)
                          : std::string(kCriterionShape));
    }
    return ByMetric(node.text);
  }
  const std::size_t before = diagnostics.count();
  if (!CheckKeys(node, {"criterion", kKnown, {}}, diagnostics)) {
    return {};
  }
  const YamlEntry* metric = nullptr;
  for (const std::string_view name : kMetrics) {
    const YamlEntry* entry = internal::Find(node, name);
    if (entry != nullptr && metric != nullptr) {
      diagnostics.Add(entry->key.span, "criterion has two metrics",
                      "begin a criterion of its own for each with '- '");
    }
    metric = metric == nullptr ? entry : metric;
  }
  if (metric == nullptr) {
    if (diagnostics.count() == before) {
      diagnostics.Add(node.span, "this criterion names no metric", std::string(kCriterionShape));
    }
    return {};
  }
  GateCriterion criterion = ByMetric(metric->key.text);
  if (metric->key.text == "response_time") {
    ReadStatistic(metric->value, criterion, diagnostics);
  } else if (CheckKeys(metric->value, {metric->key.text, kOptions, {}}, diagnostics)) {
    ReadOptions(metric->value, criterion, diagnostics);
  }
  ReadOptions(node, criterion, diagnostics);
  return criterion;
}

void ReadOnInvalid(const YamlNode& node, GatePolicy& policy, Diagnostics& diagnostics) {
  const std::optional<std::string> text = ReadText({node, "on_invalid"}, diagnostics);
  if (text == "warn") {
    policy.on_invalid = OnInvalid::kWarn;
  } else if (text && *text != "inconclusive") {
    diagnostics.Add(node.span, fmt::format("on_invalid: '{}' is not known", Printable(*text, 40)),
                    "write 'inconclusive' (no verdict rests on an invalid run) or 'warn'");
  }
}

void ReadRoot(const YamlNode& root, GatePolicyFile& file, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 5> kKnown = {"candidate", "baseline", "alpha",
                                                      "on_invalid", "criteria"};
  constexpr std::array<std::string_view, 1> kLater = {"on_inconclusive"};
  if (root.kind == Kind::kNull) {
    diagnostics.Add({}, "the file is empty",
                    "write, for example, 'criteria: [ { response_time: p99, tolerance: 5% } ]'");
    return;
  }
  if (!CheckKeys(root, {"gate policy", kKnown, kLater}, diagnostics)) {
    return;
  }
  if (const YamlNode* candidate = FindValue(root, "candidate")) {
    file.candidate = ReadName({*candidate, "candidate"}, kNameBytesMax, diagnostics).value_or("");
  }
  if (const YamlNode* baseline = FindValue(root, "baseline")) {
    file.baseline = ReadName({*baseline, "baseline"}, kNameBytesMax, diagnostics).value_or("");
  }
  if (const YamlNode* alpha = FindValue(root, "alpha")) {
    file.policy.alpha = ReadShare({*alpha, "alpha"}, 0.5, diagnostics).value_or(file.policy.alpha);
  }
  if (const YamlNode* on_invalid = FindValue(root, "on_invalid")) {
    ReadOnInvalid(*on_invalid, file.policy, diagnostics);
  }
  const YamlNode* criteria = FindValue(root, "criteria");
  if (criteria == nullptr) {
    return;
  }
  if (criteria->kind != Kind::kSequence || criteria->items.empty() ||
      criteria->items.size() > kCriteriaMax) {
    diagnostics.Add(criteria->span, fmt::format("criteria must be a list of 1 to {}", kCriteriaMax),
                    "begin each with '- ', for example '- response_time: p99'");
    return;
  }
  for (const YamlNode& item : criteria->items) {
    file.policy.criteria.push_back(ReadCriterion(item, diagnostics));
  }
}

}  // namespace

Result<GatePolicyFile> ReadGatePolicy(std::string_view text, std::string_view file_name) {
  if (text.size() > kPolicyBytesMax) {
    return UsageError(fmt::format("{}: the gate policy is larger than {}; shorten it",
                                  Printable(file_name, 300), FormatBytes(kPolicyBytesMax)));
  }
  const std::string_view yaml = internal::WithoutMark(text);
  Diagnostics diagnostics;
  GatePolicyFile file;
  if (const std::optional<YamlNode> root = internal::ParseYaml(yaml, diagnostics)) {
    ReadRoot(*root, file, diagnostics);
  }
  if (!diagnostics.empty()) {
    return tl::unexpected(diagnostics.ToError(file_name, yaml));
  }
  return file;
}

Result<GatePolicyFile> ReadGatePolicyFile(const std::string& path) {
  const Result<std::string> text = internal::ReadSourceFile(path, "gate policy", kPolicyBytesMax);
  if (!text) {
    return tl::unexpected(text.error());
  }
  return ReadGatePolicy(*text, path);
}

}  // namespace weir::scenarios
