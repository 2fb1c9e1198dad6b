#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "monitor/config/config_reader.h"
#include "monitor/config/read_engines.h"
#include "monitor/own_samples.h"

namespace weir::monitor {

using scenarios::FindValue;
using scenarios::YamlNode;

namespace {

constexpr std::array<std::pair<std::string_view, BadSide>, 4> kSides = {
    {{"above", BadSide::kAbove},
     {"at_least", BadSide::kAtLeast},
     {"below", BadSide::kBelow},
     {"at_most", BadSide::kAtMost}}};

// One rule, key by key.
class RuleReader {
 public:
  RuleReader(const ConfigReader& reader, const YamlNode& node) : reader_(reader), node_(node) {}

  AlertRule Read() {
    constexpr std::array<std::string_view, 23> kKnown = {
        "alert",    "source",      "query",   "metric",    "window",  "above",
        "at_least", "below",       "at_most", "clear",     "for",     "keep_firing_for",
        "labels",   "annotations", "match",   "burn_rate", "anomaly", "predict",
        "gate",     "ratio",       "after",   "within",    "demote"};
    if (!CheckKeys(node_, {"rule", kKnown, {}}, reader_.diagnostics)) {
      return std::move(rule_);
    }
    rule_.name = reader_.TextOf(node_, "alert");
    if (rule_.name.empty()) {
      reader_.diagnostics.Add(node_.span, "a rule has no name", "write 'alert: HighErrors'");
    }
    if (const YamlNode* gate = FindValue(node_, "gate")) {
      // Judged at each evaluation, as what weir says of itself.
      rule_.source = reader_.config.sources.size();
      rule_.engine = ReadGate(reader_, *gate);
      RefuseSource();
    } else {
      ReadWhatIsMeasured();
    }
    ReadAfter();
    reader_.ReadFlag(node_, "demote", may_be_demoted_);
    reader_.ReadSpan(node_, "for", Nanos(0), rule_.timing.hold);
    reader_.ReadSpan(node_, "keep_firing_for", Nanos(0), rule_.timing.keep_firing);
    rule_.labels = reader_.ReadLabels(node_, "labels");
    rule_.matchers = reader_.ReadMatchers(node_, "match");
    ReadAnnotations();
    return std::move(rule_);
  }

 private:
  void ReadAnnotations() {
    for (const auto& [name, text] : reader_.ReadLabels(node_, "annotations")) {
      Result<AlertText> parsed = AlertText::Parse(text);
      if (parsed) {
        rule_.annotations.emplace(name, std::move(*parsed));
      } else {
        reader_.diagnostics.Add(FindValue(node_, "annotations")->span,
                                fmt::format("annotation {}: {}", name, parsed.error().message));
      }
    }
    // An engine has more to say than the name of its rule.
    if (!std::holds_alternative<std::monostate>(rule_.engine) &&
        !rule_.annotations.contains("summary")) {
      rule_.annotations.emplace("summary", *AlertText::Parse("{{ why }}"));
    }
  }

  void Complain(std::string_view key, std::string message, std::string hint) {
    const YamlNode* at = FindValue(node_, key);
    reader_.diagnostics.Add(at == nullptr ? node_.span : at->span, std::move(message),
                            std::move(hint));
  }

  void ReadWhatIsMeasured() {
    ReadSource();
    ReadWindow();
    if (FindValue(node_, "burn_rate") == nullptr && FindValue(node_, "anomaly") == nullptr) {
      ReadThreshold();
    } else {
      RefuseThreshold();
    }
  }

  void RefuseSource() {
    for (const std::string_view key :
         {"source", "query", "metric", "ratio", "window", "above", "at_least", "below", "at_most",
          "clear", "burn_rate", "anomaly", "predict"}) {
      if (FindValue(node_, key) != nullptr) {
        Complain(key, fmt::format("a rule on verdicts has no '{}'", key),
                 "'gate' says which verdicts of the history are bad; write another rule for "
                 "what sources bring");
      }
    }
  }

  void ReadSource() {
    std::vector<SourceSpec>& sources = reader_.config.sources;
    const std::string name = reader_.TextOf(node_, "source");
    const auto found = std::find_if(sources.begin(), sources.end(),
                                    [&](const SourceSpec& spec) { return spec.name == name; });
    if (name == kOwnSource) {
      rule_.source = sources.size();
    } else if (found == sources.end()) {
      std::vector<std::string_view> known;
      known.reserve(sources.size());
      for (const SourceSpec& spec : sources) {
        known.push_back(spec.name);
      }
      const std::optional<std::string> near = NearestWord(name, known);
      Complain("source",
               name.empty() ? "a rule has no source"
                            : fmt::format("there is no source '{}'", Printable(name)),
               near ? fmt::format("did you mean '{}'?", *near) : "name one of 'sources'");
      return;
    } else {
      rule_.source = static_cast<std::size_t>(found - sources.begin());
    }
    SourceSpec* source = found == sources.end() ? nullptr : &*found;
    ReadEngine(reader_, {.rule = node_, .source = source}, rule_);
    if (source != nullptr && source->queries.size() > MonitorConfig::kQueriesMax) {
      Complain("query", "a source is asked too many queries",
               fmt::format("at most {}", MonitorConfig::kQueriesMax));
    }
    if (std::holds_alternative<BurnRateSpec>(rule_.engine)) {
      RefuseSeries("a burn rate", "what it counts stands in 'burn_rate'",
                   {"metric", "query", "window", "match", "ratio"});
    } else if (FindValue(node_, "ratio") != nullptr) {
      ReadRatio(source);
    } else if (source != nullptr && source->kind == SourceKind::kPrometheus) {
      ReadQuery(*source);
    } else {
      ReadMetric();
    }
  }

  void ReadQuery(SourceSpec& source) {
    const std::string query = reader_.TextOf(node_, "query");
    if (query.empty() || FindValue(node_, "metric") != nullptr) {
      Complain("metric", fmt::format("source '{}' is asked with a query", Printable(source.name)),
               "write 'query: EXPRESSION' in PromQL");
      return;
    }
    rule_.query = AddQuery(source, query);
  }

  void ReadMetric() {
    const std::string text = reader_.TextOf(node_, "metric");
    if (FindValue(node_, "query") != nullptr || text.empty()) {
      Complain("query", "this source has metrics and answers no queries",
               "write 'metric: NAME' or 'metric: NAME{label=\"value\"}'");
      return;
    }
    Result<SeriesSelector> selector = ReadSelector(text);
    if (!selector) {
      Complain("metric", selector.error().message, "");
      return;
    }
    rule_.metric = selector->metric;
    selected_ = std::move(selector->matchers);
  }

  void RefuseSeries(std::string_view what, std::string_view hint,
                    std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) {
      if (FindValue(node_, key) != nullptr) {
        Complain(key, fmt::format("{} has no '{}'", what, key), std::string(hint));
      }
    }
  }

  void ReadRatio(const SourceSpec* source) {
    const YamlNode& node = *FindValue(node_, "ratio");
    if (source != nullptr && source->kind == SourceKind::kPrometheus) {
      Complain("ratio", fmt::format("source '{}' is asked with a query", Printable(source->name)),
               "divide in PromQL: 'query: sum(rate(errors_total[5m])) / "
               "sum(rate(requests_total[5m]))'");
      return;
    }
    RefuseSeries("a ratio", "write its matchers behind the metrics: 'of: errors{host=\"a\"}'",
                 {"metric", "query", "match"});
    constexpr std::array<std::string_view, 3> kKnown = {"of", "to", "by"};
    if (!CheckKeys(node, {"ratio", kKnown, {}}, reader_.diagnostics)) {
      return;
    }
    RatioSpec ratio;
    for (auto [key, into] : {std::pair{"of", &ratio.of}, std::pair{"to", &ratio.to}}) {
      Result<SeriesSelector> selector = ReadSelector(reader_.TextOf(node, key));
      if (selector) {
        *into = std::move(*selector);
        continue;
      }
      const YamlNode* at = FindValue(node, key);
      reader_.diagnostics.Add(
          at == nullptr ? node.span : at->span,
          fmt::format("'{}' must be a metric: {}", key, selector.error().message),
          "for example 'ratio: { of: errors_total, to: requests_total, by: [ host ] }'");
    }
    ratio.by = reader_.ReadWords(node, "by");
    rule_.ratio = std::move(ratio);
  }

  void ReadAfter() {
    const YamlNode* node = FindValue(node_, "after");
    if (node == nullptr) {
      if (FindValue(node_, "within") != nullptr) {
        Complain("within", "'within' says for how long after something, and there is no 'after'",
                 "write 'after: deploy' too; a forecast has its own 'within'");
      }
      return;
    }
    constexpr std::array<std::pair<std::string_view, TriggerKind>, 3> kKinds = {
        {{"deploy", TriggerKind::kDeploy},
         {"run", TriggerKind::kRun},
         {"alert", TriggerKind::kAlert}}};
    const std::string text = reader_.TextOf(node_, "after");
    const std::string_view word = std::string_view(text).substr(0, text.find(' '));
    const auto kind = std::find_if(kKinds.begin(), kKinds.end(),
                                   [word](const auto& each) { return each.first == word; });
    TriggerSpec after;
    after.subject = word.size() < text.size() ? text.substr(word.size() + 1) : "";
    if (kind == kKinds.end() || (kind->second == TriggerKind::kAlert && after.subject.empty())) {
      Complain("after", fmt::format("'{}' is nothing to wait for", Printable(text)),
               "write 'deploy', 'deploy SERVICE', 'run', 'run SCENARIO' or 'alert RULE'");
      return;
    }
    after.kind = kind->second;
    reader_.ReadSpan(node_, "within", std::chrono::seconds(1), after.within);
    rule_.after = std::move(after);
  }

  void RefuseThreshold() {
    for (const std::string_view key : {"above", "at_least", "below", "at_most", "clear"}) {
      if (FindValue(node_, key) != nullptr) {
        Complain(key, fmt::format("a rule with an engine has no '{}'", key),
                 "the engine says what is bad; write another rule for a limit");
      }
    }
  }

  void ReadWindow() {
    const YamlNode* node = FindValue(node_, "window");
    if (node == nullptr) {
      return;
    }
    constexpr std::array<std::string_view, 5> kTakes = {"rate", "mean", "min", "max", "delta"};
    if (!CheckKeys(*node, {"window", kTakes, {}}, reader_.diagnostics)) {
      return;
    }
    constexpr std::array kOf = {WindowTake::kRate, WindowTake::kMean, WindowTake::kMin,
                                WindowTake::kMax, WindowTake::kDelta};
    if (node->entries.size() != 1) {
      Complain("window", "a window takes one thing", "for example 'window: { rate: 1m }'");
      return;
    }
    for (std::size_t i = 0; i < kTakes.size(); ++i) {
      if (FindValue(*node, kTakes[i]) != nullptr) {
        rule_.window.take = kOf[i];
        reader_.ReadSpan(*node, kTakes[i], std::chrono::milliseconds(100), rule_.window.span);
      }
    }
  }

  void ReadThreshold() {
    int given = 0;
    for (const auto& [key, side] : kSides) {
      if (FindValue(node_, key) == nullptr) {
        continue;
      }
      ++given;
      rule_.threshold.side = side;
      rule_.threshold.level = reader_.ReadNumber(node_, key).value_or(0);
    }
    if (given != 1) {
      Complain("above",
               fmt::format("a rule has one of above, at_least, below, at_most, not {}", given),
               "for example 'above: 0.05'");
      return;
    }
    rule_.threshold.clear_level = reader_.ReadNumber(node_, "clear");
    if (const Status fits = CheckThreshold(rule_.threshold); !fits) {
      Complain("clear", fits.error().message, "");
    }
  }

 public:
  /// Matchers that stand in braces behind the metric.
  std::vector<LabelMatcher> TakeSelected() { return std::move(selected_); }

  bool may_be_demoted() const { return may_be_demoted_; }

 private:
  const ConfigReader& reader_;
  const YamlNode& node_;
  AlertRule rule_;
  std::vector<LabelMatcher> selected_;
  bool may_be_demoted_ = true;
};

}  // namespace

void ConfigReader::ReadRules(const YamlNode& list) const {
  if (!IsListOfMaps({list, "rules"}, MonitorConfig::kRulesMax)) {
    return;
  }
  for (const YamlNode& node : list.items) {
    RuleReader reader(*this, node);
    AlertRule rule = reader.Read();
    for (LabelMatcher& matcher : reader.TakeSelected()) {
      rule.matchers.push_back(std::move(matcher));
    }
    for (const AlertRule& other : config.rules) {
      if (other.name == rule.name && other.labels == rule.labels) {
        diagnostics.Add(node.span,
                        fmt::format("there are two rules '{}' with the same labels: their alerts "
                                    "could not be told apart",
                                    Printable(rule.name)),
                        "give them other names, or a label in which they differ");
      }
    }
    if (!reader.may_be_demoted()) {
      config.never_demoted.insert(config.rules.size());
    }
    config.rules.push_back(std::move(rule));
  }
  CheckWaits(list);
}

// Those of other rules, which may stand further down.
void ConfigReader::CheckWaits(const YamlNode& list) const {
  std::vector<std::string_view> names = {kSourceDownRule};
  for (const AlertRule& rule : config.rules) {
    names.push_back(rule.name);
  }
  for (std::size_t i = 0; i < config.rules.size() && i < list.items.size(); ++i) {
    const AlertRule& rule = config.rules[i];
    if (!rule.after || rule.after->kind != TriggerKind::kAlert) {
      continue;
    }
    const std::string& other = rule.after->subject;
    const YamlNode* at = FindValue(list.items[i], "after");
    if (other == rule.name) {
      diagnostics.Add(at->span, "a rule cannot wait for itself", "name another rule");
    } else if (std::find(names.begin(), names.end(), other) == names.end()) {
      const std::optional<std::string> near = NearestWord(other, names);
      diagnostics.Add(at->span, fmt::format("there is no rule '{}'", Printable(other)),
                      near ? fmt::format("did you mean '{}'?", *near) : "name another rule");
    }
  }
}

}  // namespace weir::monitor
