#include "monitor/config/read_engines.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "loadgen/metrics_text.h"

namespace weir::monitor {

using scenarios::FindValue;
using scenarios::YamlNode;

namespace {

constexpr Nanos kShortest = std::chrono::milliseconds(100);
constexpr std::string_view kWindowSlot = "$window";
constexpr std::size_t kStepsAhead = 60;  // Of a forecast whose 'every' is not given.

// One engine, key by key.
class EngineReader {
 public:
  EngineReader(const ConfigReader& reader, const YamlNode& node, SourceSpec* source)
      : reader_(reader), node_(node), source_(source) {}

  BurnRateSpec ReadBurnRate() {
    constexpr std::array<std::string_view, 7> kKnown = {
        "objective", "windows", "requests_min", "bad", "total", "by", "error_ratio"};
    BurnRateSpec spec;
    if (source_ != nullptr && source_->kind == SourceKind::kHistory) {
      reader_.diagnostics.Add(
          node_.span,
          "a burn rate needs counters, and a history has none: each of its runs is a value",
          "write 'metric: weir_run_error_ratio' and 'above: 0.1%', or ask a source with counters");
      return spec;
    }
    if (source_ == nullptr) {
      reader_.diagnostics.Add(node_.span, "a burn rate needs counters, and 'weir' has none",
                              "write 'metric: weir_source_age_seconds' and 'above: 60', or name a "
                              "source with counters");
      return spec;
    }
    if (!CheckKeys(node_, {"burn_rate", kKnown, {}}, reader_.diagnostics)) {
      return spec;
    }
    spec.objective = reader_.ReadNumber(node_, "objective").value_or(spec.objective);
    spec.requests_min = reader_.ReadNumber(node_, "requests_min").value_or(0);
    if (const YamlNode* windows = FindValue(node_, "windows")) {
      spec.windows = ReadWindows(*windows);
    }
    if (const Status fits = CheckBurnRate(spec); !fits) {
      Complain(spec.objective > 0 && spec.objective < 1 ? "windows" : "objective",
               fits.error().message, "");
      return spec;
    }
    if (source_ != nullptr && source_->kind == SourceKind::kPrometheus) {
      ReadErrorRatio(spec);
    } else {
      ReadCounters(spec);
    }
    return spec;
  }

  AnomalySpec ReadAnomaly() {
    constexpr std::array<std::string_view, 6> kKnown = {"every", "margin", "confirm",
                                                        "calm",  "period", "side"};
    AnomalySpec spec;
    if (source_ != nullptr) {
      // Each run is a value.
      spec.every = source_->kind == SourceKind::kHistory
                       ? source_->timing.interval
                       : std::max(spec.every, source_->timing.interval);
    }
    if (node_.kind == YamlNode::Kind::kScalar && node_.text == "true") {
      return spec;
    }
    if (!CheckKeys(node_, {"anomaly", kKnown, {}}, reader_.diagnostics)) {
      return spec;
    }
    reader_.ReadSpan(node_, "every", kShortest, spec.every);
    reader_.ReadSpan(node_, "period", Nanos(0), spec.period);
    spec.margin = static_cast<float>(
        reader_.ReadNumber(node_, "margin").value_or(static_cast<double>(spec.margin)));
    spec.confirm = ReadCount("confirm", spec.confirm);
    spec.calm = ReadCount("calm", spec.calm);
    ReadSide(spec);
    if (const Status fits = CheckAnomaly(spec); !fits) {
      Complain("margin", fits.error().message, "");
    }
    return spec;
  }

  PredictSpec ReadPredict() {
    constexpr std::array<std::string_view, 4> kKnown = {"within", "every", "probability", "season"};
    PredictSpec spec;
    if (!CheckKeys(node_, {"predict", kKnown, {}}, reader_.diagnostics)) {
      return spec;
    }
    if (FindValue(node_, "within") == nullptr) {
      Complain("within", "a forecast has no 'within'", "write 'predict: { within: 4h }'");
      return spec;
    }
    reader_.ReadSpan(node_, "within", kShortest, spec.within);
    spec.every = spec.within / static_cast<Nanos::rep>(kStepsAhead);
    if (source_ != nullptr) {
      spec.every = std::max(spec.every, source_->timing.interval);
    }
    reader_.ReadSpan(node_, "every", kShortest, spec.every);
    spec.probability = reader_.ReadNumber(node_, "probability").value_or(spec.probability);
    if (const Status fits = CheckPredict(spec); !fits) {
      Complain("within", fits.error().message, "");
      return spec;
    }
    Nanos season{0};
    reader_.ReadSpan(node_, "season", 2 * spec.every, season);
    spec.season = Seconds(season) / Seconds(spec.every);
    return spec;
  }

 private:
  void Complain(std::string_view key, std::string message, std::string hint) const {
    const YamlNode* at = FindValue(node_, key);
    reader_.diagnostics.Add(at == nullptr ? node_.span : at->span, std::move(message),
                            std::move(hint));
  }

  std::vector<BurnWindow> ReadWindows(const YamlNode& list) const {
    std::vector<BurnWindow> windows;
    if (!reader_.IsListOfMaps({list, "windows"}, BurnRateSpec::kWindowsMax)) {
      return windows;
    }
    constexpr std::array<std::string_view, 3> kKnown = {"long", "short", "factor"};
    for (const YamlNode& node : list.items) {
      BurnWindow window;
      if (!CheckKeys(node, {"window", kKnown, {}}, reader_.diagnostics)) {
        continue;
      }
      for (const std::string_view key : kKnown) {
        if (FindValue(node, key) == nullptr) {
          reader_.diagnostics.Add(node.span, fmt::format("a window has no '{}'", key),
                                  "for example '{ long: 1h, short: 5m, factor: 14.4 }'");
        }
      }
      reader_.ReadSpan(node, "long", std::chrono::seconds(1), window.span_long);
      reader_.ReadSpan(node, "short", std::chrono::seconds(1), window.span_short);
      window.factor = reader_.ReadNumber(node, "factor").value_or(1);
      windows.push_back(window);
    }
    return windows;
  }

  void ReadErrorRatio(BurnRateSpec& spec) {
    const std::string query = reader_.TextOf(node_, "error_ratio");
    if (query.find(kWindowSlot) == std::string::npos || FindValue(node_, "bad") != nullptr ||
        FindValue(node_, "total") != nullptr || FindValue(node_, "by") != nullptr) {
      Complain("error_ratio",
               fmt::format("source '{}' is asked for the share of requests that fail",
                           Printable(source_->name)),
               "write 'error_ratio: sum(rate(errors_total[$window])) / "
               "sum(rate(requests_total[$window]))'; $window becomes each of the windows");
      return;
    }
    for (const BurnWindow& window : spec.windows) {
      for (const Nanos span : {window.span_long, window.span_short}) {
        std::string text = query;
        for (std::size_t at = text.find(kWindowSlot); at != std::string::npos;
             at = text.find(kWindowSlot)) {
          text.replace(at, kWindowSlot.size(), fmt::format("{}ms", CountNs(span) / 1'000'000));
        }
        spec.queries.push_back(AddQuery(*source_, text));
      }
    }
  }

  void ReadCounters(BurnRateSpec& spec) {
    if (FindValue(node_, "error_ratio") != nullptr) {
      Complain("error_ratio", "this source has metrics and answers no queries",
               "write 'bad: COUNTER' and 'total: COUNTER'");
      return;
    }
    for (auto [key, into] : {std::pair{"bad", &spec.bad}, std::pair{"total", &spec.total}}) {
      Result<SeriesSelector> selector = ReadSelector(reader_.TextOf(node_, key));
      if (selector) {
        *into = std::move(*selector);
      } else {
        Complain(key, fmt::format("'{}' must be a counter: {}", key, selector.error().message),
                 "for example 'bad: requests_total{code=\"500\"}' and 'total: requests_total'");
      }
    }
    spec.by = reader_.ReadWords(node_, "by");
  }

  std::uint32_t ReadCount(std::string_view key, std::uint32_t otherwise) const {
    const std::optional<double> number = reader_.ReadNumber(node_, key);
    // What is out of range is 0, which CheckAnomaly refuses.
    return !number ? otherwise
           : *number >= 1 && *number <= 1000 && *number == static_cast<int>(*number)
               ? static_cast<std::uint32_t>(*number)
               : 0;
  }

  void ReadSide(AnomalySpec& spec) const {
    const std::string side = reader_.TextOf(node_, "side");
    if (side == "high") {
      spec.side = AnomalySide::kHigh;
    } else if (side == "low") {
      spec.side = AnomalySide::kLow;
    } else if (!side.empty() && side != "both") {
      Complain("side", "an anomaly has a side that is high, low or both", "");
    }
  }

  const ConfigReader& reader_;
  const YamlNode& node_;
  SourceSpec* source_;
};

}  // namespace

std::size_t AddQuery(SourceSpec& source, const std::string& query) {
  const auto known = std::find(source.queries.begin(), source.queries.end(), query);
  const auto number = static_cast<std::size_t>(known - source.queries.begin());
  if (known == source.queries.end()) {
    source.queries.push_back(query);
  }
  return number;
}

Result<SeriesSelector> ReadSelector(std::string_view text) {
  const Result<loadgen::MetricSelector> parsed = loadgen::ParseMetricSelector(text);
  if (!parsed) {
    return tl::unexpected(parsed.error());
  }
  SeriesSelector selector{.metric = parsed->name, .matchers = {}};
  for (const auto& matcher : parsed->matchers) {
    selector.matchers.push_back(*LabelMatcher::Create(
        {.name = matcher.label,
         .op = matcher.equal ? LabelMatcher::Operator::kEqual : LabelMatcher::Operator::kNotEqual,
         .value = matcher.value}));
  }
  return selector;
}

GateSpec ReadGate(const ConfigReader& reader, const YamlNode& node) {
  constexpr std::array<std::string_view, 4> kKnown = {"scenario", "service", "verdict", "keep"};
  constexpr std::array kVerdicts = {Verdict::kFail, Verdict::kWarn, Verdict::kInconclusive};
  GateSpec spec;
  if (node.kind == YamlNode::Kind::kScalar && node.text == "true") {
    return spec;
  }
  if (!CheckKeys(node, {"gate", kKnown, {}}, reader.diagnostics)) {
    return spec;
  }
  spec.scenario = reader.TextOf(node, "scenario");
  spec.service = reader.TextOf(node, "service");
  if (!spec.scenario.empty() && !spec.service.empty()) {
    reader.diagnostics.Add(FindValue(node, "service")->span,
                           "a verdict is about a scenario (weir gate) or a service (weir deploy "
                           "watch)",
                           "write a rule for each");
  }
  reader.ReadSpan(node, "keep", std::chrono::seconds(1), spec.keep);
  const YamlNode* verdicts = FindValue(node, "verdict");
  if (verdicts == nullptr) {
    return spec;
  }
  spec.verdicts.clear();
  const std::vector<std::string> words = reader.ReadWords(node, "verdict");
  for (const std::string& word : words) {
    const auto found = std::find_if(kVerdicts.begin(), kVerdicts.end(), [&word](Verdict verdict) {
      return VerdictName(verdict) == word;
    });
    if (found != kVerdicts.end()) {
      spec.verdicts.push_back(*found);
      continue;
    }
    reader.diagnostics.Add(verdicts->span,
                           fmt::format("'{}' is no verdict to alert on", Printable(word)),
                           "write fail, warn, inconclusive, or a list of these");
  }
  if (words.empty()) {
    reader.diagnostics.Add(verdicts->span, "a rule on verdicts has at least one",
                           "write fail, warn, inconclusive, or a list of these");
  }
  return spec;
}

void ReadEngine(const ConfigReader& reader, const EngineNode& node, AlertRule& rule) {
  int engines = 0;
  for (const std::string_view key : {"burn_rate", "anomaly", "predict"}) {
    const YamlNode* found = FindValue(node.rule, key);
    if (found == nullptr) {
      continue;
    }
    ++engines;
    EngineReader engine(reader, *found, node.source);
    if (key == "burn_rate") {
      rule.engine = engine.ReadBurnRate();
    } else if (key == "anomaly") {
      rule.engine = engine.ReadAnomaly();
    } else {
      rule.engine = engine.ReadPredict();
    }
  }
  if (engines > 1) {
    reader.diagnostics.Add(node.rule.span, "a rule has one of burn_rate, anomaly and predict",
                           "write a rule for each");
  }
}

}  // namespace weir::monitor
