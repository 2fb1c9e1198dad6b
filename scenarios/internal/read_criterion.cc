#include "scenarios/internal/read_criterion.h"

#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "scenarios/internal/read_demand.h"
#include "scenarios/internal/read_scope.h"

namespace weir::scenarios::internal {
namespace {

using Basis = GateCriterion::Basis;
using Kind = GateCriterion::Kind;

constexpr Nanos kApdexMax = std::chrono::hours(1);
constexpr Nanos kWindowMax = std::chrono::hours(1);
constexpr std::array<std::string_view, 6> kMetrics = {"response_time", "throughput", "error_rate",
                                                      "apdex",         "resource",   "every_step"};
constexpr std::string_view kCriterionShape =
    "write 'response_time: p99', 'throughput', 'error_rate', 'apdex: 250ms', 'resource: "
    "memory_max' or 'every_step', perhaps with 'tolerance: 5%' or 'limit: ...'";

GateCriterion ByMetric(std::string_view metric) {
  GateCriterion criterion;
  if (metric == "throughput") {
    criterion.kind = Kind::kThroughput;
  } else if (metric == "error_rate") {
    criterion.kind = Kind::kErrorRate;
    criterion.tolerance = 0.001;
  } else if (metric == "apdex") {
    criterion.kind = Kind::kApdex;
  } else if (metric == "resource") {
    criterion.kind = Kind::kResource;
    criterion.tolerance = 0.05;
  } else if (metric == "every_step") {
    criterion.kind = Kind::kEveryStep;
    criterion.tolerance = 0.05;
  }
  return criterion;
}

void ReadStatistic(const YamlNode& node, GateCriterion& criterion, Diagnostics& diagnostics) {
  const std::optional<std::string> text = ReadText({node, "response_time"}, diagnostics);
  if (!text || *text == "body" || *text == "mean") {
    return;
  }
  if (*text == "average") {
    criterion.kind = Kind::kResponseMean;
    return;
  }
  if (*text == "distribution") {
    criterion.kind = Kind::kDistribution;
    criterion.tolerance = 0.05;
    return;
  }
  const Result<std::optional<double>> quantile = ParseQuantileName(*text);
  if (!quantile) {
    diagnostics.Add(node.span, quantile.error());
  } else if (!*quantile) {
    diagnostics.Add(
        node.span,
        fmt::format("'{}' is not a response time that a gate knows", Printable(*text, 40)),
        "write body (the mean of all but the outermost), average (outliers and all), distribution "
        "(p10 to p99, each), or a percentile such as p50 or p99");
  } else {
    criterion.kind = Kind::kResponseQuantile;
    criterion.quantile = **quantile;
    criterion.tolerance = 0.05;
  }
}

void ReadAgainst(const YamlNode& node, GateCriterion& criterion, Diagnostics& diagnostics) {
  const std::optional<std::string> text = ReadText({node, "against"}, diagnostics);
  if (text == "history") {
    criterion.basis = Basis::kHistory;
  } else if (text && *text != "baseline") {
    diagnostics.Add(node.span, fmt::format("against: '{}' is not known", Printable(*text, 40)),
                    "write 'baseline' (runs beside the candidate's) or 'history' (how runs of the "
                    "past vary)");
  }
}

void ReadLimits(const YamlNode& map, GateCriterion& criterion, Diagnostics& diagnostics) {
  const YamlNode* limit = FindValue(map, "limit");
  const YamlNode* warn = FindValue(map, "warn");
  if (limit == nullptr) {
    if (warn != nullptr) {
      diagnostics.Add(warn->span, "'warn' without 'limit'",
                      "give the limit that is a fail, too: 'limit: < 300ms', 'warn: < 250ms'");
    }
    return;
  }
  if (criterion.basis == Basis::kHistory || FindValue(map, "tolerance") != nullptr) {
    diagnostics.Add(limit->span, "a criterion has a limit, or a tolerance against something",
                    "begin a criterion of its own for each with '- '");
  }
  criterion.basis = Basis::kDemands;
  const DemandSet fails =
      ReadDemandSet({*limit, "limit"}, criterion, DemandUnits::kOwn, diagnostics);
  if (warn == nullptr) {
    criterion.pass = {fails};
    return;
  }
  // Beyond `warn` it warns, beyond `limit` it fails: what passes keeps both.
  DemandSet both = ReadDemandSet({*warn, "warn"}, criterion, DemandUnits::kOwn, diagnostics);
  both.insert(both.end(), fails.begin(), fails.end());
  criterion.pass = {both};
  criterion.warn = {fails};
}

void ReadWindow(const YamlNode& node, GateCriterion& criterion, Diagnostics& diagnostics) {
  if (criterion.kind != Kind::kResponseQuantile && criterion.kind != Kind::kResponseMean) {
    diagnostics.Add(node.span, "this criterion takes no 'window'",
                    "it is for percentiles and the average: 'response_time: p99', 'window: 10s'");
    return;
  }
  if (!criterion.step.empty()) {
    diagnostics.Add(node.span, "'window' together with 'step'",
                    "the seconds of a run are kept for the whole run; leave one of the two out");
    return;
  }
  const std::optional<Nanos> window =
      ReadDuration({node, "window"}, {std::chrono::seconds(1), kWindowMax}, diagnostics);
  if (window && *window % std::chrono::seconds(1) != Nanos(0)) {
    diagnostics.Add(node.span, "'window' is not in whole seconds",
                    "write 'window: 10s': a run is kept second by second");
    return;
  }
  criterion.window = window.value_or(Nanos(0));
}

void ReadOptions(const YamlNode& map, GateCriterion& criterion, Diagnostics& diagnostics) {
  if (const YamlNode* tolerance = FindValue(map, "tolerance")) {
    criterion.tolerance =
        ReadShare({*tolerance, "tolerance"}, 1, diagnostics).value_or(criterion.tolerance);
  }
  if (const YamlNode* step = FindValue(map, "step")) {
    criterion.step = ReadName({*step, "step"}, kPolicyNameBytesMax, diagnostics).value_or("");
  }
  if (const YamlNode* window = FindValue(map, "window")) {
    ReadWindow(*window, criterion, diagnostics);
  }
  ReadScope(map, criterion, diagnostics);
  if (const YamlNode* against = FindValue(map, "against")) {
    ReadAgainst(*against, criterion, diagnostics);
  }
  if (const YamlNode* weight = FindValue(map, "weight")) {
    criterion.weight = ReadWeight({*weight, "weight"}, diagnostics).value_or(1);
  }
  if (const YamlNode* key = FindValue(map, "key")) {
    criterion.key = ReadFlag({*key, "key"}, diagnostics).value_or(false);
  }
  ReadLimits(map, criterion, diagnostics);
}

void ReadMetric(const YamlEntry& metric, GateCriterion& criterion, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 11> kOptions = {"tolerance", "step",   "tags",  "window",
                                                         "part",      "during", "limit", "warn",
                                                         "against",   "weight", "key"};
  const std::string& name = metric.key.text;
  if (name == "response_time") {
    ReadStatistic(metric.value, criterion, diagnostics);
  } else if (name == "apdex") {
    criterion.apdex_t = ReadDuration({metric.value, "apdex"},
                                     {std::chrono::microseconds(1), kApdexMax}, diagnostics)
                            .value_or(std::chrono::seconds(1));
  } else if (name == "resource") {
    criterion.resource =
        ReadName({metric.value, "resource"}, kPolicyNameBytesMax, diagnostics).value_or("");
  } else if (CheckKeys(metric.value, {name, kOptions, {}}, diagnostics)) {
    ReadOptions(metric.value, criterion, diagnostics);
  }
}

// These are one test of many figures with an error rate of its own; a limit for each is written for
// each.
void RefuseOptions(const YamlNode& map, Kind kind, Diagnostics& diagnostics) {
  const bool every_step = kind == Kind::kEveryStep;
  for (const std::string_view name : {"step", "limit", "warn", "against"}) {
    if ((!every_step && name == "step") || map.kind != YamlNode::Kind::kMap) {
      continue;
    }
    if (const YamlNode* option = FindValue(map, name)) {
      diagnostics.Add(
          option->span,
          fmt::format("'{}' takes no '{}'",
                      every_step ? "every_step" : "response_time: distribution", name),
          every_step ? "it tests all steps against the baseline by 'tolerance'; for one step write "
                       "a criterion such as 'response_time: p99' with 'step: NAME'"
                     : "it tests p10 to p99 against the baseline by 'tolerance'; for one of them "
                       "write a criterion such as 'response_time: p99'");
    }
  }
}

GateCriterion ReadWord(const YamlNode& node, Diagnostics& diagnostics) {
  if (node.text != "throughput" && node.text != "error_rate" && node.text != "every_step") {
    const std::optional<std::string> near =
        node.text.size() > 40 ? std::nullopt : NearestWord(node.text, kMetrics);
    diagnostics.Add(node.span, fmt::format("'{}' is not a criterion", Printable(node.text, 40)),
                    near && *near != node.text
                        ? fmt::format("did you mean '{}'? {}", *near, kCriterionShape)
                        : std::string(kCriterionShape));
  }
  return ByMetric(node.text);
}

}  // namespace

GateCriterion ReadCriterion(const YamlNode& node, Diagnostics& diagnostics) {
  constexpr std::array<std::string_view, 17> kKnown = {
      "response_time", "throughput", "error_rate", "apdex",  "resource", "every_step",
      "tolerance",     "step",       "tags",       "window", "part",     "during",
      "limit",         "warn",       "against",    "weight", "key"};
  if (node.kind == YamlNode::Kind::kScalar) {
    return ReadWord(node, diagnostics);
  }
  const std::size_t before = diagnostics.count();
  if (!CheckKeys(node, {"criterion", kKnown, {}}, diagnostics)) {
    return {};
  }
  const YamlEntry* metric = nullptr;
  for (const std::string_view name : kMetrics) {
    const YamlEntry* entry = Find(node, name);
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
  ReadMetric(*metric, criterion, diagnostics);
  ReadOptions(node, criterion, diagnostics);
  if (criterion.kind == Kind::kEveryStep || criterion.kind == Kind::kDistribution) {
    RefuseOptions(node, criterion.kind, diagnostics);
    RefuseOptions(metric->value, criterion.kind, diagnostics);
  }
  return criterion;
}

std::optional<double> ReadShare(Named value, double high, Diagnostics& diagnostics) {
  const std::optional<std::string> text = ReadText(value, diagnostics);
  if (!text) {
    return std::nullopt;
  }
  const Result<double> ratio = ParseRatio(Trimmed(*text));
  if (!ratio) {
    diagnostics.Add(value.node.span, Explained(value.name, ratio.error()));
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

std::optional<bool> ReadFlag(Named value, Diagnostics& diagnostics) {
  const std::optional<std::string> text = ReadText(value, diagnostics);
  if (text && *text != "true" && *text != "false") {
    diagnostics.Add(
        value.node.span,
        fmt::format("{}: '{}' is neither true nor false", value.name, Printable(*text, 40)),
        fmt::format("write '{}: true' or leave it out", value.name));
    return std::nullopt;
  }
  return text ? std::optional(*text == "true") : std::nullopt;
}

std::optional<double> ReadWeight(Named value, Diagnostics& diagnostics) {
  constexpr double kWeightMax = 1000;
  const std::optional<std::string> text = ReadText(value, diagnostics);
  if (!text) {
    return std::nullopt;
  }
  double weight = -1;
  const char* end = text->data() + text->size();
  const auto [rest, error] = std::from_chars(text->data(), end, weight);
  if (error != std::errc() || rest != end || !(weight >= 0 && weight <= kWeightMax)) {
    diagnostics.Add(value.node.span,
                    fmt::format("{} of '{}' is out of range", value.name, Printable(*text, 40)),
                    fmt::format("write a number from 0 to {:g}", kWeightMax));
    return std::nullopt;
  }
  return weight;
}

}  // namespace weir::scenarios::internal
