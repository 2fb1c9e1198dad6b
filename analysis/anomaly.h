#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "analysis/novelty_range.h"
#include "analysis/seasonal_profile.h"
#include "analysis/tail_frequency.h"
#include "base/time.h"
#include "base/verdict.h"

/// Anomalies in one stream of values: strictly causal, one pass, constant state. A value is strange
/// when something about it leaves the range of all that was seen before by a margin: its distance
/// to the usual level, that level's drift, the spread, the distance to what is usual at this time
/// of the day or week (where the series has such a season), or how long it has not moved. Nothing
/// is assumed of the distribution. docs/statistics.md tells what that finds, what not, and how
/// often it is wrong; several metrics as one: analysis/anomaly_group.h.
namespace weir::analysis {

/// What about a value is the strangest.
enum class AnomalyCause : std::uint8_t {
  kNone,        ///< Nothing to say yet, or nothing new.
  kJump,        ///< Far from the recent level (half-life 100 values).
  kLevel,       ///< Far from the long-run level (half-life 500 values).
  kDrift,       ///< The mean of the last 24 or so values has moved.
  kSpread,      ///< Successive values differ by more, or by less, than they ever did.
  kTimeOfDay,   ///< Unusual for this part of the cycle.
  kTimeOfWeek,  ///< Unusual for this part of the week (of seven cycles).
  kStuck,       ///< The same value over and over.
  kSilence,     ///< No values.
};

/// "jump", "level", "drift", "spread", "time of day", "time of week", "stuck", "silence".
std::string_view AnomalyCauseName(AnomalyCause cause);

enum class AnomalyState : std::uint8_t {
  kWarmingUp,  ///< Fewer than kAnomalyWarmUp values: nothing is called strange.
  kNormal,
  kAlert,    ///< An incident begins here.
  kOpen,     ///< Strange, but within AnomalyOptions::rest_points of the last alert: the same one.
  kMissing,  ///< There is no value to judge.
};

/// "warming up", "normal", "alert", "open", "missing".
std::string_view AnomalyStateName(AnomalyState state);

inline constexpr std::uint32_t kAnomalyWarmUp = 200;

/// Beyond this size, squares and differences leave the range of floats: such values are missing.
inline constexpr double kAnomalyValueMax = 1e30;

struct AnomalyOptions {
  /// How far beyond everything seen a value must lie, in widths of that range; with n values seen,
  /// margin * (1 + 200 / n). In (0, 1]. Smaller finds more and errs more: docs/statistics.md.
  float margin = 0.046F;

  /// After an alert this many values belong to the same incident (AnomalyAlarm).
  std::uint32_t rest_points = 120;

  /// Length of the season to look for with times, usually a day; a week is seven of them. 0 = none.
  /// Whether the series has it is learnt.
  Nanos period = std::chrono::hours(24);

  /// The same for values without times, in values. 0 = none, since it cannot be guessed.
  std::uint32_t period_points = 0;
};

/// A value compared with all before it.
struct AnomalyReading {
  AnomalyState state = AnomalyState::kWarmingUp;  ///< kWarmingUp, kMissing or kNormal.
  AnomalyCause cause = AnomalyCause::kNone;       ///< What `extent` is about.
  double extent = 0;  ///< 0 = in the middle of all seen, 1 = at its edge (NoveltyRange::Extent).
  double limit = 0;   ///< The extent at which an incident begins: 1 + 2 * the margin.
  double tail_probability = 1;       ///< As in AnomalyPoint.
  std::uint64_t seen = 0;            ///< Values before this one.
  std::optional<Interval> expected;  ///< Where the value would not have been strange; absent while
                                     ///< warming up. Drift, spread and stuck have no band.
};

/// A judged value.
struct AnomalyPoint {
  AnomalyState state = AnomalyState::kWarmingUp;
  AnomalyCause cause = AnomalyCause::kNone;

  /// In [0, 1]; at least 0.5 exactly where state is kAlert. Below: extent / (2 limit), so 0.46 is
  /// about the edge of all seen; above: 1 - limit / (2 extent). Held under 0.5 while an incident is
  /// open; 0 while warming up and where the value is missing.
  double score = 0;

  /// How often this stream has been at least so strange (TailFrequency). 1 while warming up and
  /// where the value is missing.
  double tail_probability = 1;

  std::optional<Interval> expected;
};

/// Turns extents into alerts: one incident, one alert. While an incident is open, only something
/// far worse is news: kEscalation margins beyond all that the incident itself has shown, and not in
/// its first kOnset values. Being stuck or silent stays open for as long as it lasts. Copyable.
class AnomalyAlarm {
 public:
  explicit AnomalyAlarm(std::uint32_t rest_points) : rest_points_(rest_points) {}

  AnomalyPoint Judge(const AnomalyReading& reading);

  static constexpr double kEscalation = 3;
  static constexpr std::uint32_t kOnset = 12;

 private:
  static constexpr std::uint32_t kNever = 0xffffffff;

  std::uint32_t rest_points_;
  std::uint32_t since_alert_ = kNever;  // Values since the last alert.
};

/// The state of one stream. Copyable, below 1 kB, no allocation. A value that is NaN, infinite or
/// beyond kAnomalyValueMax in size is a missing one. Either all values come with times or none;
/// times need not be evenly spaced, nor strictly ascending. Not thread-safe. Cost: O(1), about 60
/// ns a value (tests/bench/anomaly_bench.cc).
class AnomalyDetector {
 public:
  explicit AnomalyDetector(const AnomalyOptions& options = {});

  AnomalyPoint Push(double value) { return alarm_.Judge(Observe(value)); }

  AnomalyPoint Push(WallTime at, double value) { return alarm_.Judge(Observe(at, value)); }

  /// The same without the alarm, for those who combine several streams (AnomalyGroup).
  AnomalyReading Observe(double value);
  AnomalyReading Observe(WallTime at, double value);

  /// Values that were not missing.
  std::uint64_t seen() const { return seen_; }

 private:
  // A season that may or may not be there: it counts once it predicts far better than the level.
  struct Season {
    DelayedRange residual;
    float error = 0;  // Mean squared error of the season, and of the long-run level beside it.
    float baseline = 0;
    float offset = 0;  // What the profile is off by at the moment.
    std::uint32_t values = 0;
    bool Trusted() const;
  };

  struct Moment {
    std::int64_t ticks;
    std::int64_t period;  // 0 = no season.
  };

  // A value as a difference to origin_.
  struct Sample {
    double value = 0;
    double believed = 0;   // The value, but no further out than a range may go at once.
    double from_slow = 0;  // Its distance from slow_level_ before this value moved it.
  };

  AnomalyReading ObserveAt(const Moment& moment, double given);
  AnomalyReading ObserveMissing();
  void ObserveLevels(Sample& sample, AnomalyReading& reading);
  void ObserveSpread(double value, AnomalyReading& reading);
  void ObserveSeasons(const Moment& moment, const Sample& sample, AnomalyReading& reading);
  void ObserveSeason(const Sample& sample, double expectation, AnomalyCause cause, Season& season,
                     AnomalyReading& reading);
  void ObserveStreak(double value, AnomalyReading& reading);
  double Limit() const;

  SeasonalProfile profile_;
  TailFrequency frequency_;
  Season day_;
  Season week_;
  NoveltyRange jump_;
  NoveltyRange level_;
  NoveltyRange drift_;
  NoveltyRange spread_;
  std::int64_t started_ticks_ = 0;
  double origin_ = 0;  // The first value; all below are differences to it, which keeps precision.
  double fast_level_ = 0;
  double slow_level_ = 0;
  double last_ = 0;
  float low_ = 0;  // Of everything.
  float high_ = 0;
  float smooth_residual_ = 0;
  float step_ = 0;          // Smoothed |x - last|.
  std::uint32_t seen_ = 0;  // Stops counting at its end.
  std::uint32_t streak_ = 0;
  std::uint32_t streak_longest_ = 0;
  std::uint32_t silence_ = 0;
  std::uint32_t silence_longest_ = 0;
  std::uint32_t silences_ = 0;  // Missing values in all.
  std::uint32_t period_points_;
  Nanos period_;
  float margin_;
  AnomalyAlarm alarm_;
};

static_assert(sizeof(AnomalyDetector) <= 1024);

}  // namespace weir::analysis
