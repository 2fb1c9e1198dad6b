#include "analysis/anomaly.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"

// The parts are few and their constants round, because the labelled series to set them by are few:
// what was tried, and what it did on series that were not looked at, is in docs/statistics.md.

namespace weir::analysis {
namespace {

// Values until an aspect is looked at: its smoothing must have forgotten the start.
constexpr std::uint64_t kLevelsFrom = 50;
constexpr std::uint64_t kDriftFrom = 100;

const double kFastWeight = 1 - std::exp2(-1.0 / 100);
const double kSlowWeight = 1 - std::exp2(-1.0 / 500);
constexpr std::uint64_t kSettled = 1000;   // 1 / kSlowWeight is 722: from here on, all weights are.
constexpr double kDriftWeight = 2.0 / 25;  // Mean age of 12, as that of 24 values.

constexpr double kResolution = 1e-9;  // Of the largest value: rounding is no novelty.

// A season predicts in bins and learns for a few cycles, the spread is a logarithm of few values:
// their ranges are rough, and margins are taken so many times wider.
constexpr double kRoughTolerance = 3;
constexpr float kSpreadFloor = 0.01F;  // Of the width of all values.

constexpr std::int64_t kSeasonCycles = 3;  // Seen before its predictions are looked at.
constexpr std::uint32_t kSeasonValues = 50;
constexpr float kSeasonTrust = 0.25F;  // Of the squared error must remain at most this.
constexpr float kSeasonWeight = 0.002F;
constexpr float kErrorCap = 16;  // Squared: one outlier must not decide about the season.

// A streak is strange at kStreakBase + kStreakFactor * the longest before.
constexpr double kStreakBase = 24;
constexpr double kStreakFactor = 4;

// A mean of all values at first, an exponential one later.
double Weight(double least, std::uint64_t seen) {
  return seen < kSettled ? std::max(least, 1.0 / static_cast<double>(seen + 2)) : least;
}

double Tolerated(double extent, double tolerance) {
  return extent > 1 ? 1 + (extent - 1) / tolerance : extent;
}

void Consider(double extent, AnomalyCause cause, AnomalyReading& reading) {
  if (extent > reading.extent) {
    reading.extent = extent;
    reading.cause = cause;
  }
}

// Where both expect the value; the first alone where they do not meet.
void Narrow(const Interval& band, AnomalyReading& reading) {
  if (!reading.expected) {
    reading.expected = band;
    return;
  }
  const Interval both = {.low = std::max(band.low, reading.expected->low),
                         .high = std::min(band.high, reading.expected->high)};
  if (both.low <= both.high) {
    reading.expected = both;
  }
}

// Grows to the limit and stays there: a streak that goes on is no news.
double StreakExtent(std::uint32_t streak, std::uint32_t longest, double limit) {
  return limit * std::min(1.0, streak / (kStreakBase + kStreakFactor * longest));
}

}  // namespace

std::string_view AnomalyCauseName(AnomalyCause cause) {
  switch (cause) {
    case AnomalyCause::kNone:
      return "none";
    case AnomalyCause::kJump:
      return "jump";
    case AnomalyCause::kLevel:
      return "level";
    case AnomalyCause::kDrift:
      return "drift";
    case AnomalyCause::kSpread:
      return "spread";
    case AnomalyCause::kTimeOfDay:
      return "time of day";
    case AnomalyCause::kTimeOfWeek:
      return "time of week";
    case AnomalyCause::kStuck:
      return "stuck";
    case AnomalyCause::kSilence:
      return "silence";
  }
  WEIR_CHECK(false);
}

std::string_view AnomalyStateName(AnomalyState state) {
  switch (state) {
    case AnomalyState::kWarmingUp:
      return "warming up";
    case AnomalyState::kNormal:
      return "normal";
    case AnomalyState::kAlert:
      return "alert";
    case AnomalyState::kOpen:
      return "open";
    case AnomalyState::kMissing:
      return "missing";
  }
  WEIR_CHECK(false);
}

AnomalyPoint AnomalyAlarm::Judge(const AnomalyReading& reading) {
  AnomalyPoint point = {
      .state = reading.state, .cause = reading.cause, .expected = reading.expected};
  since_alert_ += since_alert_ < kNever ? 1 : 0;
  const bool beyond = reading.extent >= reading.limit;
  const bool judged = reading.state == AnomalyState::kNormal || beyond;
  if (reading.state == AnomalyState::kWarmingUp || !judged) {
    return point;
  }
  point.tail_probability = reading.tail_probability;
  point.score =
      beyond ? 1 - reading.limit / (2 * reading.extent) : reading.extent / (2 * reading.limit);
  if (!beyond) {
    return point;
  }
  const bool rested = since_alert_ > rest_points_;
  const bool far_worse = reading.extent - 1 >= kEscalation * (reading.limit - 1);
  if (rested || (far_worse && since_alert_ > kOnset)) {
    point.state = AnomalyState::kAlert;
    since_alert_ = 0;
    return point;
  }
  if (reading.cause == AnomalyCause::kStuck || reading.cause == AnomalyCause::kSilence) {
    since_alert_ = 0;  // One incident for as long as it lasts.
  }
  point.state = AnomalyState::kOpen;
  point.score = std::nextafter(0.5, 0.0);
  return point;
}

AnomalyDetector::AnomalyDetector(const AnomalyOptions& options)
    : period_points_(options.period_points),
      period_(options.period),
      margin_(options.margin),
      alarm_(options.rest_points) {
  WEIR_CHECK(margin_ > 0);
  WEIR_CHECK(margin_ <= 1);
  WEIR_CHECK(CountNs(period_) >= 0);
}

AnomalyReading AnomalyDetector::Observe(double value) {
  return ObserveAt(
      {.ticks = static_cast<std::int64_t>(seen_) + silences_, .period = period_points_}, value);
}

AnomalyReading AnomalyDetector::Observe(WallTime at, double value) {
  return ObserveAt({.ticks = CountNs(at), .period = CountNs(period_)}, value);
}

double AnomalyDetector::Limit() const {
  return 1 + 2 * margin_ * (1 + 200 / (seen_ + 1.0));
}

AnomalyReading AnomalyDetector::ObserveAt(const Moment& moment, double given) {
  if (!(std::fabs(given) <= kAnomalyValueMax)) {
    return ObserveMissing();
  }
  if (seen_ == 0) {
    origin_ = given;
    started_ticks_ = moment.ticks;
  }
  silence_longest_ = std::max(silence_longest_, silence_);
  silence_ = 0;
  AnomalyReading reading;
  reading.limit = Limit();
  reading.seen = seen_;
  Sample sample = {.value = given - origin_};
  ObserveLevels(sample, reading);
  low_ = std::min(low_, static_cast<float>(sample.believed));
  high_ = std::max(high_, static_cast<float>(sample.believed));
  ObserveSpread(sample.value, reading);
  if (moment.period > 0) {
    ObserveSeasons(moment, sample, reading);
  }
  ObserveStreak(sample.value, reading);
  seen_ += seen_ < std::numeric_limits<std::uint32_t>::max() ? 1U : 0U;
  if (reading.seen < kAnomalyWarmUp) {
    reading.extent = 0;
    reading.cause = AnomalyCause::kNone;
    reading.expected.reset();
    return reading;
  }
  reading.state = AnomalyState::kNormal;
  reading.tail_probability = frequency_.AtLeast(reading.extent);
  frequency_.Count(reading.extent);
  if (reading.expected) {
    reading.expected->low += origin_;
    reading.expected->high += origin_;
  }
  return reading;
}

AnomalyReading AnomalyDetector::ObserveMissing() {
  ++silence_;
  ++silences_;
  AnomalyReading reading;
  reading.state = AnomalyState::kMissing;
  reading.limit = Limit();
  reading.seen = seen_;
  if (seen_ >= kAnomalyWarmUp) {
    Consider(StreakExtent(silence_, silence_longest_, reading.limit), AnomalyCause::kSilence,
             reading);
    reading.tail_probability = frequency_.AtLeast(reading.extent);
  }
  return reading;
}

void AnomalyDetector::ObserveLevels(Sample& sample, AnomalyReading& reading) {
  const double resolution =
      kResolution * std::max(std::fabs(origin_ + low_), std::fabs(origin_ + high_));
  const double slack = (reading.limit - 1) / 2;
  double from_fast = sample.value - fast_level_;
  double from_slow = sample.value - slow_level_;
  sample.from_slow = from_slow;
  if (seen_ >= kLevelsFrom) {
    Consider(jump_.Extent(from_fast, resolution), AnomalyCause::kJump, reading);
    Consider(level_.Extent(from_slow, resolution), AnomalyCause::kLevel, reading);
    const Interval jump = jump_.WithSlack(slack, resolution);
    const Interval level = level_.WithSlack(slack, resolution);
    Narrow({.low = fast_level_ + jump.low, .high = fast_level_ + jump.high}, reading);
    Narrow({.low = slow_level_ + level.low, .high = slow_level_ + level.high}, reading);
    // The levels must not follow an absurd value further than their ranges do.
    from_fast = jump_.Learn(from_fast, resolution);
    from_slow = level_.Learn(from_slow, resolution);
  }
  sample.believed = slow_level_ + from_slow;
  smooth_residual_ +=
      static_cast<float>(Weight(kDriftWeight, seen_) * (from_slow - smooth_residual_));
  if (seen_ >= kDriftFrom) {
    Consider(drift_.Extent(smooth_residual_, resolution), AnomalyCause::kDrift, reading);
    drift_.Learn(smooth_residual_, resolution);
  }
  fast_level_ += Weight(kFastWeight, seen_) * from_fast;
  slow_level_ += Weight(kSlowWeight, seen_) * from_slow;
}

void AnomalyDetector::ObserveSpread(double value, AnomalyReading& reading) {
  const double step = seen_ == 0 ? 0 : std::fabs(value - last_);
  step_ += static_cast<float>(Weight(kDriftWeight, seen_) * (step - step_));
  if (seen_ >= kDriftFrom && high_ > low_) {
    const float spread = std::log(step_ + kSpreadFloor * (high_ - low_));
    Consider(Tolerated(spread_.Extent(spread, kResolution), kRoughTolerance), AnomalyCause::kSpread,
             reading);
    spread_.Learn(spread, kResolution);
  }
}

bool AnomalyDetector::Season::Trusted() const {
  return values > kSeasonValues && error < kSeasonTrust * baseline;
}

void AnomalyDetector::ObserveSeasons(const Moment& moment, const Sample& sample,
                                     AnomalyReading& reading) {
  const SeasonalProfile::Expectation expectation = profile_.MoveTo(moment.ticks, moment.period);
  const std::int64_t elapsed = moment.ticks - started_ticks_;
  if (elapsed >= kSeasonCycles * moment.period && !std::isnan(expectation.cycle)) {
    ObserveSeason(sample, expectation.cycle, AnomalyCause::kTimeOfDay, day_, reading);
  }
  if (elapsed >= kSeasonCycles * SeasonalProfile::kCycles * moment.period &&
      !std::isnan(expectation.week)) {
    ObserveSeason(sample, expectation.week, AnomalyCause::kTimeOfWeek, week_, reading);
  }
  profile_.Learn(sample.believed);
}

void AnomalyDetector::ObserveSeason(const Sample& sample, double expectation, AnomalyCause cause,
                                    Season& season, AnomalyReading& reading) {
  const double residual = sample.value - expectation - season.offset;
  const double width = static_cast<double>(high_) - low_;
  if (season.Trusted()) {
    Consider(Tolerated(season.residual.Extent(residual, width), kRoughTolerance), cause, reading);
    const Interval band =
        season.residual.WithSlack(kRoughTolerance * (reading.limit - 1) / 2, width);
    const double usual = expectation + season.offset;
    Narrow({.low = usual + band.low, .high = usual + band.high}, reading);
  }
  season.residual.Learn(residual, width);
  const float cap = season.values < kSeasonValues ? std::numeric_limits<float>::infinity()
                                                  : kErrorCap * season.baseline;
  const float weight = std::max(kSeasonWeight, 1 / (static_cast<float>(season.values) + 1));
  const auto error = static_cast<float>(residual * residual);
  const auto baseline = static_cast<float>(sample.from_slow * sample.from_slow);
  season.error += weight * (std::min(error, cap) - season.error);
  season.baseline += weight * (std::min(baseline, cap) - season.baseline);
  season.offset += static_cast<float>(Weight(kSlowWeight, season.values) * residual);
  ++season.values;
}

void AnomalyDetector::ObserveStreak(double value, AnomalyReading& reading) {
  if (seen_ == 0 || value != last_) {
    // A series that starts constant may well be so by nature: its first streak does not count.
    streak_longest_ = streak_ < seen_ ? std::max(streak_longest_, streak_) : 0;
    streak_ = 1;
    last_ = value;
    return;
  }
  ++streak_;
  if (streak_ + kAnomalyWarmUp <= seen_) {
    Consider(StreakExtent(streak_, streak_longest_, reading.limit), AnomalyCause::kStuck, reading);
  }
}

}  // namespace weir::analysis
