#include "monitor/own_samples.h"

#include <memory>
#include <string>

#include "base/check.h"

namespace weir::monitor {
namespace {

constexpr const char* kAge = "weir_source_age_seconds";

}  // namespace

Reading OwnSamples(std::span<const SourceAge> ages) {
  Reading reading;
  for (const SourceAge& age : ages) {
    auto name = std::make_shared<SeriesName>();
    name->metric = kAge;
    name->labels.emplace("source", age.source);
    reading.Ingest({std::move(name), Seconds(age.age)});
  }
  return reading;
}

AlertRule SourceDownRule(const SourceSpec& spec, std::size_t own_source) {
  AlertRule rule;
  rule.name = kSourceDownRule;
  rule.source = own_source;
  rule.metric = kAge;
  Result<LabelMatcher> matcher = LabelMatcher::Create(
      {.name = "source", .op = LabelMatcher::Operator::kEqual, .value = spec.name});
  Result<AlertText> text = AlertText::Parse(
      "source {{ labels.source }} has given no samples for {{ value }} s: what is watched through "
      "it is not watched now");
  WEIR_CHECK(matcher.has_value());
  WEIR_CHECK(text.has_value());
  rule.matchers.push_back(std::move(*matcher));
  rule.threshold = {
      .side = BadSide::kAtLeast, .level = Seconds(spec.down_after), .clear_level = {}};
  rule.labels = {{"severity", "warning"}, {"source", spec.name}};
  rule.annotations.emplace("summary", std::move(*text));
  return rule;
}

}  // namespace weir::monitor
