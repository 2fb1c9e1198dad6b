#include "monitor/rules/rule_words.h"

#include <fmt/format.h>

#include "base/check.h"

namespace weir::monitor {
namespace {

std::string_view InWords(BadSide side) {
  switch (side) {
    case BadSide::kAbove:
      return "above";
    case BadSide::kAtLeast:
      return "at least";
    case BadSide::kBelow:
      return "below";
    case BadSide::kAtMost:
      return "at most";
  }
  WEIR_CHECK(false);
}

std::string TimingOf(const AlertRule& rule) {
  const AlertTiming& timing = rule.timing;
  std::string text;
  if (timing.hold > Nanos(0)) {
    text += " for " + FormatAlertSpan(timing.hold);
  }
  if (timing.keep_firing > Nanos(0)) {
    text += ", kept for " + FormatAlertSpan(timing.keep_firing);
  }
  if (rule.after) {
    text += ", " + DescribeTrigger(*rule.after);
  }
  return text;
}

std::string ConditionOf(const AlertRule& rule) {
  if (const auto* burn = std::get_if<BurnRateSpec>(&rule.engine)) {
    return DescribeBurnRate(*burn);
  }
  if (const auto* anomaly = std::get_if<AnomalySpec>(&rule.engine)) {
    return DescribeAnomaly(*anomaly);
  }
  std::string text =
      fmt::format("{} {}", InWords(rule.threshold.side), FormatAlertValue(rule.threshold.level));
  if (rule.threshold.clear_level) {
    text += fmt::format(" (clear at {})", FormatAlertValue(*rule.threshold.clear_level));
  }
  if (const auto* predict = std::get_if<PredictSpec>(&rule.engine)) {
    text += " " + DescribePredict(*predict);
  }
  return text;
}

}  // namespace

std::string DescribeRule(const AlertRule& rule, std::span<const std::string_view> sources) {
  WEIR_CHECK(rule.source < sources.size());
  if (const auto* gate = std::get_if<GateSpec>(&rule.engine)) {
    return DescribeGate(*gate) + TimingOf(rule);
  }
  std::string text(sources[rule.source]);
  const auto* burn = std::get_if<BurnRateSpec>(&rule.engine);
  if (burn != nullptr && burn->queries.empty()) {
    text += fmt::format(" {} of {}", SelectorText(burn->bad.metric, burn->bad.matchers),
                        SelectorText(burn->total.metric, burn->total.matchers));
  } else if (rule.ratio) {
    text += " " + DescribeRatio(*rule.ratio);
  } else if (!rule.metric.empty()) {
    text += " " + SelectorText(rule.metric, rule.matchers);
  }
  if (rule.window.take != WindowTake::kLast) {
    text += fmt::format(", {} of {}", WindowTakeName(rule.window.take),
                        FormatAlertSpan(rule.window.span));
  }
  return text + ": " + ConditionOf(rule) + TimingOf(rule);
}

}  // namespace weir::monitor
