#include "monitor/rules/anomaly_rule.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "monitor/rules/alert_text.h"

namespace weir::monitor {
namespace {

using analysis::AnomalyCause;
using analysis::AnomalyPoint;
using analysis::AnomalyState;

constexpr std::uint32_t kCountMax = 100;

bool Outside(const Interval& band, double value, AnomalySide side) {
  return (value > band.high && side != AnomalySide::kLow) ||
         (value < band.low && side != AnomalySide::kHigh);
}

std::string_view InWords(AnomalyCause cause) {
  switch (cause) {
    case AnomalyCause::kJump:
      return "far from the level of the last 100 values";
    case AnomalyCause::kLevel:
      return "far from the level of the last 500 values";
    case AnomalyCause::kDrift:
      return "its mean has moved as never before";
    case AnomalyCause::kSpread:
      return "successive values differ as they never did";
    case AnomalyCause::kTimeOfDay:
      return "unusual for this time of the day";
    case AnomalyCause::kTimeOfWeek:
      return "unusual for this time of the week";
    case AnomalyCause::kStuck:
      return "the same value over and over";
    case AnomalyCause::kSilence:
      return "no values";
    case AnomalyCause::kNone:
      break;
  }
  return "new";
}

}  // namespace

Status CheckAnomaly(const AnomalySpec& spec) {
  if (spec.every <= Nanos(0) || spec.period < Nanos(0)) {
    return UsageError("'every' of an anomaly must be above 0, and 'period' 0 or more");
  }
  if (!(spec.margin > 0 && spec.margin <= 1)) {
    return UsageError("the margin of an anomaly is above 0 and at most 100%, for example 10%");
  }
  if (spec.confirm < 1 || spec.confirm > kCountMax || spec.calm < 1 || spec.calm > kCountMax) {
    return UsageError(fmt::format(
        "'confirm' and 'calm' of an anomaly are numbers of values, 1 to {}", kCountMax));
  }
  return {};
}

AnomalyJudge::AnomalyJudge(const AnomalySpec& spec)
    : spec_(spec),
      detector_({.margin = spec.margin,
                 .rest_points = kAcceptAfter,
                 .period = spec.period,
                 .period_points = 0}) {}

void AnomalyJudge::Add(WallTime at, std::size_t /*input*/, double value) {
  if (!std::isfinite(value)) {
    return;
  }
  sum_ += value;
  ++count_;
  // Looks are not exactly on time: nine tenths of a span are one.
  if (taken_at_ && at - *taken_at_ < spec_.every / 10 * 9) {
    return;
  }
  const double mean = sum_ / count_;
  taken_at_ = at;
  sum_ = 0;
  count_ = 0;
  Take(at, mean);
}

bool AnomalyJudge::Counts(const AnomalyPoint& point, double value) const {
  if (point.state != AnomalyState::kAlert && point.state != AnomalyState::kOpen) {
    return false;
  }
  return spec_.side == AnomalySide::kBoth ||
         (point.expected && Outside(*point.expected, value, spec_.side));
}

bool AnomalyJudge::IsStrange(const AnomalyPoint& point, double value) const {
  if (incident_->band) {
    return Outside(*incident_->band, value, spec_.side);
  }
  return Counts(point, value);
}

void AnomalyJudge::Take(WallTime at, double value) {
  const AnomalyPoint point = detector_.Push(at, value);
  value_ = value;
  warming_up_ = point.state == AnomalyState::kWarmingUp;
  score_ = point.score;
  // While an incident lasts, values are judged by the band of its beginning.
  judged_ = TrackPoint{.at = at,
                       .value = value,
                       .expected = incident_ && incident_->band ? incident_->band : point.expected};
  if (!incident_ && Counts(point, value)) {
    incident_ = Incident{.band = point.expected, .cause = point.cause};
    const bool has_band = incident_->band && Outside(*incident_->band, value, spec_.side);
    if (!has_band) {
      incident_->band.reset();
    }
  }
  if (!incident_) {
    return;
  }
  Incident& incident = *incident_;
  ++incident.values;
  const bool strange = IsStrange(point, value);
  incident.strange = strange ? incident.strange + 1 : 0;
  incident.calm = strange ? 0 : incident.calm + 1;
  incident.confirmed = incident.confirmed || incident.strange >= spec_.confirm;
  const bool over = incident.confirmed ? incident.calm >= spec_.calm : incident.calm > 0;
  if (over || incident.values > kAcceptAfter) {
    incident_.reset();
  }
}

std::optional<bool> AnomalyJudge::Holds(AlertPhase /*phase*/) const {
  if (warming_up_) {
    return std::nullopt;
  }
  return incident_ && incident_->confirmed;
}

std::optional<double> AnomalyJudge::value() const {
  return taken_at_ ? std::optional(value_) : std::nullopt;
}

std::optional<double> AnomalyJudge::score() const {
  return warming_up_ ? std::nullopt : std::optional(score_);
}

std::optional<Interval> AnomalyJudge::expected() const {
  return incident_ ? incident_->band : std::nullopt;
}

std::string AnomalyJudge::Why() const {
  if (!incident_) {
    return "as usual";
  }
  const std::string band =
      incident_->band ? fmt::format("expected {} to {}, ", FormatAlertValue(incident_->band->low),
                                    FormatAlertValue(incident_->band->high))
                      : "";
  return fmt::format("{}: {}{}", FormatAlertValue(value_), band, InWords(incident_->cause));
}

std::string DescribeAnomaly(const AnomalySpec& spec) {
  const std::string_view side = spec.side == AnomalySide::kHigh  ? "above the expected band"
                                : spec.side == AnomalySide::kLow ? "below the expected band"
                                                                 : "not as it was before";
  return fmt::format("{} for {} values in a row, one each {}; margin {} %, after {} of warming up",
                     side, spec.confirm, FormatAlertSpan(spec.every),
                     FormatAlertValue(static_cast<double>(spec.margin) * 100),
                     FormatAlertSpan(spec.every * analysis::kAnomalyWarmUp));
}

}  // namespace weir::monitor
