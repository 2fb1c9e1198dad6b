#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "analysis/forecast_calibration.h"
#include "base/time.h"
#include "monitor/alerts/alert_state.h"
#include "monitor/alerts/label_matcher.h"
#include "monitor/rules/alert_text.h"
#include "monitor/rules/anomaly_rule.h"
#include "monitor/rules/burn_rate.h"
#include "monitor/rules/gate_rule.h"
#include "monitor/rules/predict_rule.h"
#include "monitor/rules/ratio_rule.h"
#include "monitor/rules/sample_window.h"
#include "monitor/rules/series_judge.h"
#include "monitor/rules/series_track.h"
#include "monitor/rules/trigger.h"
#include "monitor/sources/sample.h"

/// From samples to alerts. Pure: no clock, no I/O.
namespace weir::monitor {

/// What judges a series; nothing: the threshold of its rule.
using RuleEngineSpec =
    std::variant<std::monostate, BurnRateSpec, AnomalySpec, PredictSpec, GateSpec>;

/// A rule: each series that it selects may become one alert.
struct AlertRule {
  std::string name;        ///< Its label `alertname`.
  std::size_t source = 0;  ///< By number.
  std::size_t query = 0;   ///< Of the source; burn rates have their own.
  std::string metric;      ///< Empty: whatever the query answers.
  std::vector<LabelMatcher> matchers;
  WindowSpec window;
  AlertThreshold threshold;
  AlertTiming timing;
  Labels labels;  ///< Over those of the series.
  std::map<std::string, AlertText> annotations;
  RuleEngineSpec engine = {};             ///< PredictSpec: when the threshold will be crossed.
  std::optional<RatioSpec> ratio = {};    ///< Instead of `metric`.
  std::optional<TriggerSpec> after = {};  ///< Else it is judged always.

  friend bool operator==(const AlertRule&, const AlertRule&) = default;
};

/// What is known of a source at an evaluation.
struct SourceView {
  const Reading* reading = nullptr;  ///< The last good one; null: none yet.
  WallTime at{};                     ///< When it came.
  /// What is known is too old to judge by: its alerts stay as they are. A source that fails must
  /// not resolve the alerts about it.
  bool stale = true;
};

/// One alert of a rule.
struct AlertInstance {
  std::size_t rule = 0;
  Labels labels;
  Labels annotations;
  AlertState state;
  std::optional<double> value;  ///< Of the last evaluation.
};

/// What is known of one series of a rule. Valid until the next Evaluate, Forget or ClockSetBack.
struct SeriesView {
  const AlertInstance& alert;
  const SeriesJudge* judge = nullptr;  ///< Null: the threshold judges.
  const SeriesTrack* track = nullptr;  ///< Null: its rule has too many series.
};

class RuleEngine {
 public:
  /// Series of one rule; samples of more are left out and counted.
  static constexpr std::size_t kSeriesMax = 10'000;

  /// Series of one rule of which a SeriesTrack is kept: the first ones.
  static constexpr std::size_t kTracksMax = 200;

  /// Of all rules together.
  static constexpr std::size_t kTracksInAll = 2000;

  /// Forecasts: one each kWorkPause, and so many in one evaluation, those that wait longest first.
  /// A rule on many series is late rather than in the way of the others.
  static constexpr Nanos kWorkPause = std::chrono::milliseconds(500);
  static constexpr std::size_t kWorkPerStep = 8;

  explicit RuleEngine(std::vector<AlertRule> rules);
  RuleEngine(RuleEngine&&) = default;
  RuleEngine(const RuleEngine&) = delete;

  std::span<const AlertRule> rules() const { return rules_; }

  /// All rules at `at`; `sources` by number. As in Prometheus, the condition does not hold for a
  /// series that a fresh source no longer has. What cannot be told yet, as a rate of one sample or
  /// an engine that warms up, leaves its alert as it is. Cost: O(samples x rules of their source).
  /// Rules on gates look at `history`, and at no source. A rule that waits for something learns
  /// all the time, and its condition does not hold but for a while after that has happened; then
  /// its forecasts are made at once, up to kWorkPerStep of them.
  void Evaluate(WallTime at, std::span<const SourceView> sources, const HistoryView& history = {});

  /// A reading of the past: windows and engines learn as from a live one, series that it no longer
  /// has are forgotten, and nothing is judged. Times come in their order.
  void Learn(WallTime at, const Reading& reading);

  /// What the only rule of `learnt` has learnt, which is number `rule` here but for the numbers of
  /// source and query, replaces what that has learnt, once its source has a look that is later.
  /// Alerts stay as they are until then and are judged by it from then on.
  void TakeUp(std::size_t rule, RuleEngine&& learnt);

  /// The labels of all alerts that fire.
  std::vector<Labels> Firing() const;

  /// By labels; null when there is none. Valid until the next Evaluate or Forget.
  const AlertInstance* Find(const Labels& labels) const;

  /// All that are or were an alert.
  void Visit(const std::function<void(const AlertInstance&)>& visit) const;

  /// All series that were seen.
  void VisitSeries(const std::function<void(const SeriesView&)>& visit) const;

  /// Forecasts of all rules, set against what came.
  const analysis::ForecastTally& forecasts() const { return forecasts_; }

  /// Goes on from those of an earlier process.
  void RestoreForecasts(const analysis::ForecastTally& forecasts) { forecasts_ = forecasts; }

  /// Grows with whatever is new of a series that an engine judges: a value that was taken, a
  /// forecast, another phase of its alert.
  std::uint64_t tracks_version() const { return tracks_version_; }

  /// The alerts that changed since the last call, resolved ones included.
  std::vector<AlertInstance> TakeChanged();

  /// Lets go of alerts that are over and for which `needed` is false; returns their labels.
  std::vector<Labels> Forget(const std::function<bool(const Labels&)>& needed);

  /// Goes on where `before` was, of which nothing is left: `same` has, for each rule of this, the
  /// number of the one that it was there, alike but for the numbers of source and query. Such a
  /// rule keeps all that it has learnt; alerts of others are put back, as by Restore. Returns the
  /// labels of those that no rule has any more. Before the first Evaluate.
  std::vector<Labels> TakeOver(RuleEngine&& before,
                               std::span<const std::optional<std::size_t>> same);

  /// Puts an alert of an earlier process back; of a rule that is gone, nothing. `instance.rule` is
  /// found by the labels of the rules.
  void Restore(AlertInstance instance);

  /// The clock was set back by `by`: what happened keeps its distance from now. Windows and engines
  /// begin anew, as with a new process: until they can tell, alerts stay as they are.
  void ClockSetBack(Nanos by);

  std::uint64_t series_left_out() const { return series_left_out_; }

  /// Forecasts that the last evaluation left for later ones.
  std::size_t work_waiting() const { return work_waiting_; }

 private:
  struct Series {
    AlertInstance alert;
    SampleWindow window;
    std::unique_ptr<SeriesJudge> judge;        // Null: the threshold judges.
    std::unique_ptr<SeriesTrack> track;        // Null: the rule has enough.
    WallTime seen_at{};                        // The reading that had it last.
    std::shared_ptr<const SeriesName> pinned;  // Keeps the key of `known` from being another's.
    bool valued = false;                       // It was given values.
    bool changed = false;
  };

  struct RuleState {
    std::shared_ptr<const AlertRule> made_for;  // Its meter and judges refer to it.
    std::map<Labels, Series> series;
    // What a name was found to be; null: not for this rule.
    std::unordered_map<const SeriesName*, Series*> known;
    std::unordered_map<const SeriesName*, std::shared_ptr<const SeriesName>> refused;
    std::unique_ptr<BurnMeter> meter;  // Of a burn rate.
    std::size_t tracks = 0;            // Series that have one.
    std::unique_ptr<RatioMeter> ratio;
    std::optional<WallTime> triggered_at;         // What it waits for, when it happened last.
    std::optional<bool> active;                   // Nothing: it cannot be told.
    WallTime taken_at{};                          // The reading that was taken in last.
    bool learnt = false;                          // From the past of its source.
    std::unique_ptr<RuleState> taught;            // By the past: waits for a look that is later.
    std::shared_ptr<const AlertRule> taught_for;  // Judges that it brought refer to it.
  };

  const SourceView* Usable(std::size_t rule, std::span<const SourceView> sources,
                           const HistoryView& history) const;
  void TakeInNew(std::size_t rule, const SourceView& view, const HistoryView& history);
  void TakeIn(std::size_t rule, const SourceView& view, const HistoryView& history);
  void TakeVerdicts(std::size_t rule, const SourceView& view, const HistoryView& history);
  void TakeSamples(std::size_t rule, const SourceView& view);
  void Learn(std::size_t rule, const SourceView& view);
  void AddValue(std::size_t rule, Series& series, WallTime at, double value);
  void TakeBurns(std::size_t rule, const SourceView& view);
  void TakeRatios(std::size_t rule, const SourceView& view);
  void Trigger(std::size_t rule, WallTime at, const HistoryView& history);
  std::optional<WallTime> LastFired(const std::string& rule) const;
  void StepRule(std::size_t rule, WallTime at, const SourceView& view);
  void GoOnWithLearnt(std::size_t rule);
  void WorkOff(WallTime at);
  Series* SeriesOf(std::size_t rule, const std::shared_ptr<const SeriesName>& name);
  Series* SeriesWith(std::size_t rule, const Labels& labels);
  void Step(std::size_t rule, Series& series, WallTime at, const SourceView& view);
  void Follow(std::size_t rule, Series& series, WallTime at);
  static void FillIn(const AlertRule& rule, Series& series);
  Labels AlertLabels(const AlertRule& rule, const Labels& labels) const;

  const std::vector<AlertRule> rules_;
  std::vector<RuleState> states_;
  std::uint64_t series_left_out_ = 0;
  std::size_t work_waiting_ = 0;
  std::size_t tracks_ = 0;  // Of all rules.
  std::uint64_t tracks_version_ = 0;
  analysis::ForecastTally forecasts_;
  WallTime worked_at_{};
};

}  // namespace weir::monitor
