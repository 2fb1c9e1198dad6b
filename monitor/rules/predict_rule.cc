#include "monitor/rules/predict_rule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "analysis/forecast.h"
#include "monitor/rules/alert_text.h"

namespace weir::monitor {
namespace {

constexpr std::size_t kHorizonsKept = 4;

// One in so many spans of a forecast may be without values, else nobody knows what came of it.
constexpr std::int64_t kMissingShare = 10;

}  // namespace

std::size_t PredictSpec::kept() const {
  return std::max(kHorizonsKept * horizon(), PredictJudge::kValuesMin);
}

Status CheckPredict(const PredictSpec& spec) {
  if (spec.within <= Nanos(0) || spec.every <= Nanos(0) || spec.every > spec.within ||
      spec.horizon() > PredictSpec::kHorizonMax) {
    return UsageError(fmt::format("'every' of a forecast must fit 1 to {} times into 'within'",
                                  PredictSpec::kHorizonMax));
  }
  if (!(spec.probability > 0 && spec.probability < 1)) {
    return UsageError("the probability of a forecast is between 0 and 100%, for example 80%");
  }
  return {};
}

void PredictJudge::Add(WallTime at, std::size_t /*input*/, double value) {
  if (!std::isfinite(value)) {
    return;
  }
  last_ = value;
  const std::int64_t span = at.time_since_epoch() / spec_.every;
  if (span > span_ && count_ > 0) {
    CloseSpan(span);
    if (values_.size() >= kWarmUp && !work_since_) {
      work_since_ = at;
    }
  }
  span_ = std::max(span_, span);
  sum_ += value;
  ++count_;
}

// The one that goes on ends, and `next` begins.
void PredictJudge::CloseSpan(std::int64_t next) {
  const double mean = sum_ / count_;
  judged_ = TrackPoint{.at = EndOf(span_), .value = mean, .expected = ExpectedOf(span_)};
  Score(mean, next);
  values_.push_back(mean);
  const std::size_t kept = spec_.kept();
  const auto gap = static_cast<std::size_t>(
      std::min<std::int64_t>(next - span_ - 1, static_cast<std::int64_t>(kept)));
  values_.insert(values_.end(), gap, std::numeric_limits<double>::quiet_NaN());
  while (values_.size() > kept) {
    values_.pop_front();
  }
  sum_ = 0;
  count_ = 0;
}

// Sets the forecast that is open against the span that ends, before `next` begins.
void PredictJudge::Score(double mean, std::int64_t next) {
  if (!open_) {
    return;
  }
  const AlertThreshold limit = {
      .side = threshold_.side, .level = threshold_.level, .clear_level = {}};
  open_->crossed = open_->crossed || IsBad(limit, mean, AlertPhase::kInactive);
  open_->missing += std::min(next - 1, open_->due_span) - span_;
  if (next <= open_->due_span) {
    return;
  }
  if (open_->crossed ||
      open_->missing * kMissingShare <= static_cast<std::int64_t>(spec_.horizon())) {
    outcome_ = analysis::ForecastOutcome{
        .stated = open_->stated, .happened = open_->crossed, .in_band80 = {}};
    if (span_ == open_->due_span) {
      outcome_->in_band80 = mean >= open_->band.low && mean <= open_->band.high;
    }
  }
  open_.reset();
}

WallTime PredictJudge::EndOf(std::int64_t span) const {
  return WallTime((span + 1) * spec_.every);
}

// As the last forecast has it.
std::optional<Interval> PredictJudge::ExpectedOf(std::int64_t span) const {
  if (!fan_) {
    return std::nullopt;
  }
  const std::int64_t step = (EndOf(span) - fan_->from) / spec_.every - 1;
  if (step < 0 || step >= static_cast<std::int64_t>(fan_->low80.size())) {
    return std::nullopt;
  }
  const auto index = static_cast<std::size_t>(step);
  return Interval{fan_->low80[index], fan_->high80[index]};
}

void PredictJudge::Work() {
  work_since_.reset();
  analysis::ForecastOptions options;
  options.horizon = spec_.horizon();
  options.limit = threshold_.level;
  if (spec_.season > 0) {
    options.seasons = {spec_.season};
  }
  const std::vector<double> values(values_.begin(), values_.end());
  const Result<analysis::Forecast> forecast = analysis::MakeForecast(values, options);
  probability_.reset();
  band_.reset();
  fan_.reset();
  steps_.reset();
  if (!forecast) {
    return;
  }
  band_ = Interval{forecast->band80.low.back(), forecast->band80.high.back()};
  // What goes on is not among the values yet.
  fan_ = ForecastFan{.from = EndOf(span_ - 1),
                     .every = spec_.every,
                     .expected = forecast->mean,
                     .low80 = forecast->band80.low,
                     .high80 = forecast->band80.high,
                     .low95 = forecast->band95.low,
                     .high95 = forecast->band95.high};
  // From the bad side the engine foretells when the value comes back; IsBadNow says the rest.
  const bool upward = threshold_.side == BadSide::kAbove || threshold_.side == BadSide::kAtLeast;
  if (forecast->crossing->upward == upward) {
    probability_ = forecast->crossing->probability.back();
    steps_ = forecast->crossing->StepsUntil(0.5);
    // Of what is across already nothing has to be foretold.
    if (!open_ && !IsBadNow()) {
      open_ = OpenForecast{.stated = std::clamp(*probability_, 0.0, 1.0),
                           .band = *band_,
                           .due_span = span_ + static_cast<std::int64_t>(spec_.horizon()) - 1,
                           .crossed = false,
                           .missing = 0};
    }
  }
}

bool PredictJudge::Hurry() {
  if (values_.size() < kWarmUp) {
    return false;
  }
  Work();
  return true;
}

bool PredictJudge::IsBadNow() const {
  return IsBad(threshold_, last_, AlertPhase::kInactive);
}

std::optional<bool> PredictJudge::Holds(AlertPhase phase) const {
  if (IsBadNow()) {
    return true;
  }
  if (!probability_) {
    return std::nullopt;
  }
  return IsBad(
      {.side = BadSide::kAtLeast, .level = spec_.probability, .clear_level = spec_.probability / 2},
      probability_, phase);
}

std::optional<double> PredictJudge::value() const {
  return last_;
}

std::optional<Interval> PredictJudge::expected() const {
  return band_;
}

std::optional<double> PredictJudge::probability() const {
  return IsBadNow() ? std::optional(1.0) : probability_;
}

std::string PredictJudge::Why() const {
  if (!last_) {
    return "nothing is known";
  }
  if (IsBadNow()) {
    return fmt::format("{} is across the limit of {} already", FormatAlertValue(*last_),
                       FormatAlertValue(threshold_.level));
  }
  if (!probability_ || !band_) {
    return fmt::format("{} now: too few values for a forecast", FormatAlertValue(*last_));
  }
  const std::string when =
      steps_ ? fmt::format(", more likely than not in {}",
                           FormatAlertSpan(static_cast<Nanos::rep>(*steps_) * spec_.every))
             : "";
  return fmt::format(
      "{} now; crosses {} within {} with a probability of {:.0f} %{}; by then expected between {} "
      "and {} (80 %)",
      FormatAlertValue(*last_), FormatAlertValue(threshold_.level), FormatAlertSpan(spec_.within),
      *probability_ * 100, when, FormatAlertValue(band_->low), FormatAlertValue(band_->high));
}

std::string DescribePredict(const PredictSpec& spec) {
  return fmt::format("within {} with a probability of {} %; forecast each {}, after {} of values",
                     FormatAlertSpan(spec.within), FormatAlertValue(spec.probability * 100),
                     FormatAlertSpan(spec.every),
                     FormatAlertSpan(static_cast<Nanos::rep>(PredictJudge::kWarmUp) * spec.every));
}

}  // namespace weir::monitor
