#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "analysis/forecast_calibration.h"
#include "base/time.h"
#include "base/verdict.h"
#include "monitor/alerts/alert_state.h"
#include "monitor/rules/series_track.h"

namespace weir::monitor {

/// What an engine makes of one series, where a rule has one instead of a threshold. Pure: time is
/// passed in. One thread at a time.
class SeriesJudge {
 public:
  virtual ~SeriesJudge() = default;

  /// A value of input number `input` (most judges have only 0). Times come in their order.
  virtual void Add(WallTime at, std::size_t input, double value) = 0;

  /// Whether the condition holds for an alert in `phase`; nothing while too little is known: the
  /// alert then stays as it is.
  virtual std::optional<bool> Holds(AlertPhase phase) const = 0;

  /// What `{{ value }}` is; nothing: the value of the series.
  virtual std::optional<double> value() const { return std::nullopt; }

  /// What `{{ value }}` is instead, where a word says it better; empty: the number.
  virtual std::string_view value_word() const { return {}; }

  /// Where the value was expected when the alert began.
  virtual std::optional<Interval> expected() const { return std::nullopt; }

  /// Of what the rule foretells, in [0, 1].
  virtual std::optional<double> probability() const { return std::nullopt; }

  /// The newest value as it was taken, with what was expected of it; nothing: the rule has no more
  /// than the value of the series.
  virtual std::optional<TrackPoint> judged() const { return std::nullopt; }

  /// How near it is to an alert, in [0, 1]; nothing while too little is known.
  virtual std::optional<double> score() const { return probability(); }

  /// What is foretold; null: nothing. Valid until the next Add or Work.
  virtual const ForecastFan* fan() const { return nullptr; }

  /// What came of a forecast that has come due, once; nothing: none has.
  virtual std::optional<analysis::ForecastOutcome> TakeOutcome() { return std::nullopt; }

  /// What an alert that begins now is about, in one clause; printable.
  virtual std::string Why() const = 0;

  /// Since when work waits that is too dear to be done on each value; nothing: none waits.
  virtual std::optional<WallTime> work_since() const { return std::nullopt; }

  /// Does it.
  virtual void Work() {}

  /// Does it now with what is known, whether it waits or not. False: there was nothing to do.
  virtual bool Hurry() { return false; }
};

}  // namespace weir::monitor
