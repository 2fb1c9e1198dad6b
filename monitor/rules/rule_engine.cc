#include "monitor/rules/rule_engine.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "monitor/state_times.h"

namespace weir::monitor {
namespace {

// Names that are not for a rule are remembered up to here, then learnt anew.
constexpr std::size_t kRefusedMax = 20'000;

bool Selects(const AlertRule& rule, const SeriesName& name) {
  return (rule.metric.empty() || rule.metric == name.metric) &&
         MatchesAll(rule.matchers, name.labels);
}

bool HasAll(const Labels& labels, const Labels& of_rule) {
  return std::all_of(of_rule.begin(), of_rule.end(), [&](const auto& label) {
    return LabelValue(labels, label.first) == label.second;
  });
}

std::unique_ptr<SeriesJudge> MakeJudge(const AlertRule& rule) {
  if (const auto* burn = std::get_if<BurnRateSpec>(&rule.engine)) {
    return std::make_unique<BurnJudge>(*burn);
  }
  if (const auto* anomaly = std::get_if<AnomalySpec>(&rule.engine)) {
    return std::make_unique<AnomalyJudge>(*anomaly);
  }
  if (const auto* predict = std::get_if<PredictSpec>(&rule.engine)) {
    return std::make_unique<PredictJudge>(*predict, rule.threshold);
  }
  if (std::holds_alternative<GateSpec>(rule.engine)) {
    return std::make_unique<GateJudge>();
  }
  return nullptr;
}

// Whether an engine of analysis/ judges its series.
bool IsEngine(const AlertRule& rule) {
  return std::holds_alternative<AnomalySpec>(rule.engine) ||
         std::holds_alternative<PredictSpec>(rule.engine);
}

std::unique_ptr<BurnMeter> MakeMeter(const AlertRule& rule) {
  const auto* burn = std::get_if<BurnRateSpec>(&rule.engine);
  return burn == nullptr ? nullptr : std::make_unique<BurnMeter>(*burn);
}

std::unique_ptr<RatioMeter> MakeRatio(const AlertRule& rule) {
  return rule.ratio ? std::make_unique<RatioMeter>(*rule.ratio, rule.window) : nullptr;
}

bool WaitsForAlert(const AlertRule& rule) {
  return rule.after && rule.after->kind == TriggerKind::kAlert;
}

// A window that needs two samples cannot tell before it has them.
bool NeedsTwo(WindowTake take) {
  return take == WindowTake::kRate || take == WindowTake::kDelta;
}

}  // namespace

RuleEngine::RuleEngine(std::vector<AlertRule> rules)
    : rules_(std::move(rules)), states_(rules_.size()) {
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
    states_[rule].made_for = std::make_shared<const AlertRule>(rules_[rule]);
    states_[rule].meter = MakeMeter(*states_[rule].made_for);
    states_[rule].ratio = MakeRatio(*states_[rule].made_for);
  }
}

Labels RuleEngine::AlertLabels(const AlertRule& rule, const Labels& labels) const {
  Labels made = labels;
  for (const auto& [name, value] : rule.labels) {
    made.insert_or_assign(name, value);
  }
  made.insert_or_assign("alertname", rule.name);
  return made;
}

RuleEngine::Series* RuleEngine::SeriesOf(std::size_t rule,
                                         const std::shared_ptr<const SeriesName>& name) {
  RuleState& state = states_[rule];
  if (const auto known = state.known.find(name.get()); known != state.known.end()) {
    return known->second;
  }
  if (state.refused.contains(name.get())) {
    return nullptr;
  }
  if (!Selects(rules_[rule], *name)) {
    if (state.refused.size() >= kRefusedMax) {
      state.refused.clear();
    }
    state.refused.emplace(name.get(), name);
    return nullptr;
  }
  Series* series = SeriesWith(rule, name->labels);
  if (series == nullptr) {
    return nullptr;
  }
  if (series->pinned != nullptr) {
    state.known.erase(series->pinned.get());
  }
  series->pinned = name;
  state.known.emplace(name.get(), series);
  return series;
}

RuleEngine::Series* RuleEngine::SeriesWith(std::size_t rule, const Labels& labels) {
  RuleState& state = states_[rule];
  Labels of_alert = AlertLabels(rules_[rule], labels);
  const auto found = state.series.find(of_alert);
  if (found == state.series.end() && state.series.size() >= kSeriesMax) {
    ++series_left_out_;
    return nullptr;
  }
  Series& series = found != state.series.end() ? found->second : state.series[of_alert];
  if (series.judge == nullptr) {
    series.judge = MakeJudge(*state.made_for);
  }
  if (series.track == nullptr && state.tracks < kTracksMax && tracks_ < kTracksInAll) {
    series.track = std::make_unique<SeriesTrack>();
    ++state.tracks;
    ++tracks_;
  }
  series.alert.rule = rule;
  series.alert.labels = std::move(of_alert);
  return &series;
}

void RuleEngine::TakeIn(std::size_t rule, const SourceView& view, const HistoryView& history) {
  RuleState& state = states_[rule];
  if (view.at <= state.taken_at) {
    return;
  }
  state.taken_at = view.at;
  if (std::holds_alternative<GateSpec>(rules_[rule].engine)) {
    TakeVerdicts(rule, view, history);
  } else if (state.meter != nullptr) {
    TakeBurns(rule, view);
  } else if (state.ratio != nullptr) {
    TakeRatios(rule, view);
  } else {
    TakeSamples(rule, view);
  }
}

void RuleEngine::TakeVerdicts(std::size_t rule, const SourceView& view,
                              const HistoryView& history) {
  const auto& spec = std::get<GateSpec>(rules_[rule].engine);
  for (const StandingVerdict& standing : history.verdicts) {
    const Labels labels = standing.labels();
    if (!spec.IsBad(standing, view.at) || !MatchesAll(rules_[rule].matchers, labels)) {
      continue;
    }
    if (Series* series = SeriesWith(rule, labels)) {
      series->seen_at = view.at;
      static_cast<GateJudge&>(*series->judge).Put(standing);
    }
  }
}

void RuleEngine::TakeRatios(std::size_t rule, const SourceView& view) {
  for (const RatioMeter::Ratio& ratio : states_[rule].ratio->Read(view.at, *view.reading)) {
    if (Series* series = SeriesWith(rule, ratio.labels)) {
      series->seen_at = view.at;
      series->alert.value = ratio.value;
      if (series->judge != nullptr && ratio.value) {
        series->judge->Add(view.at, 0, *ratio.value);
      }
    }
  }
}

void RuleEngine::TakeBurns(std::size_t rule, const SourceView& view) {
  for (const BurnMeter::Input& input : states_[rule].meter->Read(view.at, *view.reading)) {
    if (Series* series = SeriesWith(rule, input.labels)) {
      series->seen_at = view.at;
      series->judge->Add(view.at, input.input, input.value);
    }
  }
}

void RuleEngine::AddValue(std::size_t rule, Series& series, WallTime at, double value) {
  series.valued = true;
  series.window.Add(rules_[rule].window, at, value);
  series.alert.value = series.window.Take(rules_[rule].window);
  if (series.judge != nullptr && series.alert.value) {
    series.judge->Add(at, 0, *series.alert.value);
  }
}

// Once: what a series was before the first look, as far as the source knows it.
void RuleEngine::Learn(std::size_t rule, const SourceView& view) {
  if (std::exchange(states_[rule].learnt, true)) {
    return;
  }
  for (const PastLook& look : view.reading->past) {
    for (const Sample& sample : *look.samples) {
      Series* series = sample.query == rules_[rule].query && look.at < view.at
                           ? SeriesOf(rule, sample.series)
                           : nullptr;
      if (series != nullptr) {
        AddValue(rule, *series, look.at, sample.value);
      }
    }
  }
}

void RuleEngine::TakeSamples(std::size_t rule, const SourceView& view) {
  Learn(rule, view);
  for (const Sample& sample : view.reading->samples) {
    if (sample.query != rules_[rule].query) {
      continue;
    }
    Series* series = SeriesOf(rule, sample.series);
    // Of two samples with the same labels in one reading the first counts.
    if (series != nullptr && series->seen_at != view.at) {
      series->seen_at = view.at;
      // One that the rule has not had yet is new to it, repeated or not.
      if (!sample.repeated || !series->valued) {
        AddValue(rule, *series, view.at, sample.value);
      } else {
        series->alert.value = series->window.Take(rules_[rule].window);
      }
    }
  }
}

void RuleEngine::FillIn(const AlertRule& rule, Series& series) {
  AlertInstance& alert = series.alert;
  AlertFacts facts{.value = alert.value.value_or(0), .labels = alert.labels};
  const std::string why = series.judge == nullptr ? "" : series.judge->Why();
  if (series.judge != nullptr) {
    facts.expected = series.judge->expected();
    facts.probability = series.judge->probability();
    facts.why = why;
    facts.value_word = series.judge->value_word();
  }
  for (const auto& [name, text] : rule.annotations) {
    alert.annotations.insert_or_assign(name, text.Render(facts));
  }
}

// Remembers the value that the rule has just looked at.
void RuleEngine::Follow(std::size_t rule, Series& series, WallTime at) {
  if (series.track == nullptr) {
    return;
  }
  std::optional<TrackPoint> point = series.judge == nullptr ? std::nullopt : series.judge->judged();
  if (!point && series.alert.value && (series.judge == nullptr || !IsEngine(rules_[rule]))) {
    point = TrackPoint{.at = at, .value = *series.alert.value, .expected = {}};
  }
  if (point && series.track->Add(*point) && IsEngine(rules_[rule])) {
    ++tracks_version_;
  }
}

void RuleEngine::Step(std::size_t rule, Series& series, WallTime at, const SourceView& view) {
  AlertInstance& alert = series.alert;
  const AlertRule& spec = rules_[rule];
  std::optional<bool> holds = false;
  if (!*states_[rule].active) {
    // What it waits for is over, or has not come yet.
  } else if (series.seen_at != view.at) {
    alert.value.reset();
  } else if (series.judge != nullptr) {
    alert.value = series.judge->value() ? series.judge->value() : alert.value;
    holds = series.judge->Holds(alert.state.phase);
  } else if (alert.value || !NeedsTwo(spec.window.take)) {
    holds = IsBad(spec.threshold, alert.value, alert.state.phase);
  } else {
    holds.reset();
  }
  Follow(rule, series, view.at);
  if (!holds) {
    return;
  }
  const AlertStep step = StepAlert(alert.state, spec.timing, at, *holds);
  // So that a message that is repeated tells what is now; the last ones of an alert that is over
  // stay. That alone is not written down: the next evaluation would have it again.
  if (*holds && step.state.phase == AlertPhase::kFiring) {
    FillIn(spec, series);
  }
  if (step.state == alert.state) {
    return;
  }
  if (alert.state.phase == AlertPhase::kInactive && series.track != nullptr) {
    series.track->MarkBeginning();
  }
  tracks_version_ += IsEngine(spec) ? 1U : 0U;
  alert.state = step.state;
  series.changed = true;
}

void RuleEngine::WorkOff(WallTime at) {
  std::vector<SeriesJudge*> waiting;
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
    if (!std::holds_alternative<PredictSpec>(rules_[rule].engine) ||
        states_[rule].active == false) {
      continue;
    }
    for (auto& [labels, series] : states_[rule].series) {
      if (series.judge == nullptr) {
        continue;
      }
      if (const auto outcome = series.judge->TakeOutcome()) {
        forecasts_.Add(*outcome);
      }
      if (series.judge->work_since()) {
        waiting.push_back(series.judge.get());
      }
    }
  }
  std::stable_sort(waiting.begin(), waiting.end(), [](SeriesJudge* a, SeriesJudge* b) {
    return a->work_since() < b->work_since();
  });
  const auto allowed = std::clamp<Nanos::rep>((at - worked_at_) / kWorkPause, 0, kWorkPerStep);
  const std::size_t now = std::min(waiting.size(), static_cast<std::size_t>(allowed));
  worked_at_ = allowed > 0 ? at : worked_at_;
  for (std::size_t i = 0; i < now; ++i) {
    waiting[i]->Work();
  }
  tracks_version_ += now;
  work_waiting_ = waiting.size() - now;
}

// What the rule may be judged by; null: by nothing.
const SourceView* RuleEngine::Usable(std::size_t rule, std::span<const SourceView> sources,
                                     const HistoryView& history) const {
  WEIR_CHECK(rules_[rule].source < sources.size());
  const SourceView& view = sources[rules_[rule].source];
  const bool knows = history.known || !std::holds_alternative<GateSpec>(rules_[rule].engine);
  return view.stale || view.reading == nullptr || !knows ? nullptr : &view;
}

void RuleEngine::TakeInNew(std::size_t rule, const SourceView& view, const HistoryView& history) {
  const RuleState* taught = states_[rule].taught.get();
  if (taught != nullptr && view.at > taught->taken_at) {
    GoOnWithLearnt(rule);
  }
  TakeIn(rule, view, history);
}

void RuleEngine::Evaluate(WallTime at, std::span<const SourceView> sources,
                          const HistoryView& history) {
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
    if (const SourceView* view = Usable(rule, sources, history)) {
      TakeInNew(rule, *view, history);
    }
  }
  // Those that wait for an alert come last, as it may begin now.
  for (const bool waits : {false, true}) {
    for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
      if (WaitsForAlert(rules_[rule]) == waits) {
        Trigger(rule, at, history);
      }
    }
    if (!waits) {
      WorkOff(at);
    }
    for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
      const SourceView* view =
          WaitsForAlert(rules_[rule]) == waits ? Usable(rule, sources, history) : nullptr;
      if (view != nullptr && states_[rule].active) {
        StepRule(rule, at, *view);
      }
    }
  }
}

void RuleEngine::StepRule(std::size_t rule, WallTime at, const SourceView& view) {
  for (auto& [labels, series] : states_[rule].series) {
    Step(rule, series, at, view);
  }
}

std::optional<WallTime> RuleEngine::LastFired(const std::string& rule) const {
  std::optional<WallTime> last;
  for (std::size_t other = 0; other < rules_.size(); ++other) {
    if (rules_[other].name != rule) {
      continue;
    }
    for (const auto& [labels, series] : states_[other].series) {
      const AlertState& state = series.alert.state;
      if (state.phase == AlertPhase::kFiring && state.fired_at) {
        last = std::max(last.value_or(*state.fired_at), *state.fired_at);
      }
    }
  }
  return last;
}

void RuleEngine::Trigger(std::size_t rule, WallTime at, const HistoryView& history) {
  RuleState& state = states_[rule];
  const std::optional<TriggerSpec>& after = rules_[rule].after;
  if (!after) {
    state.active = true;
    return;
  }
  if (after->kind != TriggerKind::kAlert && !history.known) {
    state.active.reset();
    return;
  }
  const std::optional<WallTime> last = after->kind == TriggerKind::kAlert
                                           ? LastFired(after->subject)
                                           : LastOf(*after, history.happened, at);
  const bool is_new = last && last != state.triggered_at;
  state.triggered_at = last;
  state.active = last && at - *last <= after->within;
  if (!is_new || !*state.active) {
    return;
  }
  std::size_t made = 0;
  for (auto& [labels, series] : state.series) {
    if (made < kWorkPerStep && series.judge != nullptr && series.judge->Hurry()) {
      ++made;
    }
  }
  tracks_version_ += made;
}

void RuleEngine::Learn(WallTime at, const Reading& reading) {
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
    TakeIn(rule, {.reading = &reading, .at = at, .stale = false}, {});
  }
  Forget([](const Labels& /*labels*/) { return false; });
}

void RuleEngine::TakeUp(std::size_t rule, RuleEngine&& learnt) {
  WEIR_CHECK(rule < states_.size() && learnt.states_.size() == 1);
  states_[rule].taught = std::make_unique<RuleState>(std::move(learnt.states_.front()));
  learnt.states_.clear();
}

void RuleEngine::GoOnWithLearnt(std::size_t rule) {
  RuleState& state = states_[rule];
  const std::unique_ptr<RuleState> taught = std::move(state.taught);
  for (auto& [labels, series] : taught->series) {
    series.alert.rule = rule;
  }
  for (auto& [labels, series] : state.series) {
    Series& into = taught->series[labels];
    into.alert = std::move(series.alert);
    into.changed = series.changed;
  }
  state.series = std::move(taught->series);
  state.known = std::move(taught->known);
  state.refused = std::move(taught->refused);
  tracks_ = tracks_ - state.tracks + taught->tracks;
  state.tracks = taught->tracks;
  ++tracks_version_;
  state.taken_at = taught->taken_at;
  state.taught_for = std::move(taught->made_for);
}

void RuleEngine::ClockSetBack(Nanos by) {
  worked_at_ = {};
  for (RuleState& state : states_) {
    state.taught.reset();
    state.taken_at = {};
    state.learnt = false;
    state.meter = MakeMeter(*state.made_for);
    state.ratio = MakeRatio(*state.made_for);
    for (auto& [labels, series] : state.series) {
      MoveBack(series.alert.state, by);
      series.window = {};
      series.valued = false;
      series.judge = MakeJudge(*state.made_for);
      if (series.track != nullptr) {
        *series.track = {};
      }
      series.seen_at = {};
      series.changed = true;
    }
  }
}

std::vector<Labels> RuleEngine::Firing() const {
  std::vector<Labels> firing;
  Visit([&](const AlertInstance& alert) {
    if (alert.state.phase == AlertPhase::kFiring) {
      firing.push_back(alert.labels);
    }
  });
  return firing;
}

const AlertInstance* RuleEngine::Find(const Labels& labels) const {
  for (const RuleState& state : states_) {
    if (const auto found = state.series.find(labels); found != state.series.end()) {
      return &found->second.alert;
    }
  }
  return nullptr;
}

void RuleEngine::Visit(const std::function<void(const AlertInstance&)>& visit) const {
  for (const RuleState& state : states_) {
    for (const auto& [labels, series] : state.series) {
      visit(series.alert);
    }
  }
}

void RuleEngine::VisitSeries(const std::function<void(const SeriesView&)>& visit) const {
  for (const RuleState& state : states_) {
    for (const auto& [labels, series] : state.series) {
      visit({.alert = series.alert, .judge = series.judge.get(), .track = series.track.get()});
    }
  }
}

std::vector<AlertInstance> RuleEngine::TakeChanged() {
  std::vector<AlertInstance> changed;
  for (RuleState& state : states_) {
    for (auto& [labels, series] : state.series) {
      if (std::exchange(series.changed, false)) {
        changed.push_back(series.alert);
      }
    }
  }
  return changed;
}

std::vector<Labels> RuleEngine::Forget(const std::function<bool(const Labels&)>& needed) {
  std::vector<Labels> forgotten;
  for (RuleState& state : states_) {
    for (auto item = state.series.begin(); item != state.series.end();) {
      Series& series = item->second;
      const bool over = series.alert.state.phase == AlertPhase::kInactive;
      // A window goes on while its series is there, alert or not.
      if (!over || series.seen_at == state.taken_at || needed(item->first)) {
        ++item;
        continue;
      }
      if (series.alert.state.resolved_at) {
        forgotten.push_back(item->first);
      }
      if (series.pinned != nullptr) {
        state.known.erase(series.pinned.get());
      }
      if (series.track != nullptr) {
        --state.tracks;
        --tracks_;
      }
      item = state.series.erase(item);
    }
  }
  return forgotten;
}

std::vector<Labels> RuleEngine::TakeOver(RuleEngine&& before,
                                         std::span<const std::optional<std::size_t>> same) {
  WEIR_CHECK(same.size() == rules_.size());
  worked_at_ = before.worked_at_;
  tracks_version_ = before.tracks_version_ + 1;
  forecasts_ = before.forecasts_;
  series_left_out_ = before.series_left_out_;
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
    if (!same[rule]) {
      continue;
    }
    states_[rule] = std::move(before.states_[*same[rule]]);
    before.states_[*same[rule]] = RuleState();
    tracks_ += states_[rule].tracks;
    for (auto& [labels, series] : states_[rule].series) {
      series.alert.rule = rule;
    }
  }
  std::vector<Labels> gone;
  for (RuleState& state : before.states_) {
    for (auto& [labels, series] : state.series) {
      if (IsOver(series.alert.state)) {
        continue;
      }
      Restore(std::move(series.alert));
      if (Find(labels) == nullptr) {
        gone.push_back(labels);
      }
    }
  }
  before.states_.clear();
  return gone;
}

void RuleEngine::Restore(AlertInstance instance) {
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
    if (LabelValue(instance.labels, "alertname") != rules_[rule].name ||
        !HasAll(instance.labels, rules_[rule].labels)) {
      continue;
    }
    instance.rule = rule;
    Series& series = states_[rule].series[instance.labels];
    series.alert = std::move(instance);
    return;
  }
}

}  // namespace weir::monitor
