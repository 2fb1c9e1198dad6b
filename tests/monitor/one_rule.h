#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "monitor/rules/rule_engine.h"

namespace weir::tests {

/// A source whose samples a test sets, and a rule that looks at it.
class OneRule {
 public:
  explicit OneRule(monitor::AlertRule rule)
      : engine(std::vector<monitor::AlertRule>{std::move(rule)}) {}

  void Put(const std::string& metric, const monitor::Labels& labels, double value,
           std::size_t query = 0) {
    auto& name = names_[{metric, labels}];
    if (name == nullptr) {
      name = std::make_shared<const monitor::SeriesName>(monitor::SeriesName{metric, labels});
    }
    reading_.samples.push_back({name, value, query});
  }

  /// What was put comes in, and the rule is evaluated.
  void Step(WallTime at) {
    const monitor::SourceView view{.reading = &reading_, .at = at, .stale = false};
    engine.Evaluate(at, {&view, 1});
    reading_ = {};
  }

  bool Fires() const { return !engine.Firing().empty(); }

  /// Of the only alert that fires.
  std::string Annotation(const std::string& name) const {
    const auto firing = engine.Firing();
    return firing.size() == 1
               ? std::string(monitor::LabelValue(engine.Find(firing[0])->annotations, name))
               : "not one alert";
  }

  monitor::RuleEngine engine;

 private:
  std::map<std::pair<std::string, monitor::Labels>, std::shared_ptr<const monitor::SeriesName>>
      names_;
  monitor::Reading reading_;
};

}  // namespace weir::tests
