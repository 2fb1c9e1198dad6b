#include "analysis/history_part.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>

#include "analysis/distributions.h"
#include "analysis/history_scale.h"
#include "analysis/noise_shape.h"
#include "analysis/step_search.h"
#include "base/check.h"

namespace weir::analysis {
namespace {

constexpr int kStepsMax = 20;

/// Measured on simulated histories (docs/statistics.md): ranges that hold 1 - 1.5 (1 - c) of the
/// probability hold the true place more often than c, because most are a single run; and sizes miss
/// by more than their standard errors given the place and the model.
constexpr double kPlaceSharpening = 1.5;
constexpr double kSizeWidening = 1.2;

/// The shortest range around the most likely run that holds `confidence` of the probability.
struct Place {
  std::size_t low = 0;
  std::size_t high = 0;
};

Place PlaceOf(std::span<const double> log_odds, std::size_t at, double confidence) {
  const double peak = *std::max_element(log_odds.begin(), log_odds.end());
  std::vector<double> odds;
  double total = 0;
  for (const double value : log_odds) {
    odds.push_back(std::exp(value - peak));
    total += odds.back();
  }
  Place place{at, at};
  double held = odds[at];
  while (held < confidence * total && (place.low > 0 || place.high + 1 < odds.size())) {
    const double below = place.low > 0 ? odds[place.low - 1] : -1;
    const double above = place.high + 1 < odds.size() ? odds[place.high + 1] : -1;
    if (below >= above) {
      held += odds[--place.low];
    } else {
      held += odds[++place.high];
    }
  }
  return place;
}

/// Probability that there is a step at all, from the drop of the score that it brings. A logistic
/// fit to 3,000 simulated histories: the search takes the best of many places, which the gain alone
/// (slope 0.5, no intercept) does not know.
double ConfidenceOf(double gain) {
  constexpr double kSlope = 0.197;
  constexpr double kIntercept = -0.303;
  return 1 / (1 + std::exp(-kIntercept - kSlope * std::max(gain, 0.0)));
}

double MedianBetween(std::span<const double> values, std::size_t from, std::size_t to) {
  std::vector<double> finite;
  for (std::size_t t = from; t < to; ++t) {
    if (std::isfinite(values[t])) {
      finite.push_back(values[t]);
    }
  }
  return finite.empty() ? 0 : MedianOfValues(std::move(finite));
}

void SetSize(const StepSearch::StepReading& reading, const ScaledHistory& scaled,
             const ChangePointOptions& options, ChangePoint& point) {
  const double size = reading.size * scaled.scale;
  if (!scaled.logarithmic) {
    point.change = size;
    return;
  }
  const double freedom = std::max(scaled.observed - 4, 1);
  const double reach = StudentQuantile((1 + options.confidence) / 2, freedom) * kSizeWidening *
                       reading.standard_error * scaled.scale;
  point.change = point.before * std::expm1(size);
  point.change_ratio = std::expm1(size);
  point.change_ratio_interval = Interval{std::expm1(size - reach), std::expm1(size + reach)};
}

class PartAnalysis {
 public:
  PartAnalysis(const HistoryValues& history, std::size_t runs_before,
               const ChangePointOptions& options, const ChangePointTuning& tuning)
      : history_(history),
        runs_before_(runs_before),
        options_(options),
        tuning_(tuning),
        scaled_(ScaleHistory(history)) {}

  HistoryPart Run() {
    HistoryPart part;
    part.observed = scaled_.observed;
    part.noise.logarithmic = scaled_.logarithmic && scaled_.observed > 0;
    part.noise.scale = scaled_.scale;
    part.noise.period = scaled_.period;
    if (scaled_.observed < static_cast<int>(kHistoryRunsMin) || scaled_.scale == 0) {
      return part;
    }
    StepOptions steps;
    steps.step_variance = tuning_.step_variance;
    steps.penalty =
        tuning_.penalty + tuning_.penalty_per_log_run *
                              std::log(static_cast<double>(runs_before_) + scaled_.observed);
    steps.segment_min = options_.segment_min;
    steps.steps_max = kStepsMax;
    const NoiseChoice choice =
        ChooseNoise(scaled_.values, scaled_.extra_variance, steps, tuning_.noise);
    if (tuning_.shape && scaled_.extra_variance.empty()) {
      const std::optional<ShapeFit> shape =
          ShapeFit::Of(scaled_.values, choice.independent_steps, steps, choice.best.score);
      if (shape && shape->score() < choice.best.score) {
        part.noise.own_shape = true;
        for (std::size_t i = 0; i < shape->steps().size(); ++i) {
          AddPoint(shape->steps(), i, shape->Read(i), part);
        }
        return part;
      }
    }
    const NoiseModel& model = choice.best.model;
    part.noise.memory = model.memory;
    part.noise.drifts = model.HasDrift();
    const FilterGains gains = scaled_.extra_variance.empty()
                                  ? FilterGains(model)
                                  : FilterGains(model, scaled_.extra_variance);
    StepSearch search(gains, scaled_.values, steps);
    search.Set(choice.best.steps);
    for (std::size_t i = 0; i < choice.best.steps.size(); ++i) {
      StepSearch::StepReading reading = search.Read(i);
      reading.gain = choice.best.gains[i];
      AddPoint(choice.best.steps, i, reading, part);
    }
    return part;
  }

 private:
  void AddPoint(std::span<const int> steps, std::size_t which,
                const StepSearch::StepReading& reading, HistoryPart& part) const {
    ChangePoint point;
    point.index = static_cast<std::size_t>(steps[which]);
    const Place place =
        PlaceOf(reading.log_odds, point.index, 1 - kPlaceSharpening * (1 - options_.confidence));
    point.low = place.low;
    point.high = place.high;
    const auto from = which == 0 ? std::size_t{0} : static_cast<std::size_t>(steps[which - 1]);
    const auto to = which + 1 < steps.size() ? static_cast<std::size_t>(steps[which + 1])
                                             : history_.values.size();
    point.before = MedianBetween(history_.values, from, point.index);
    point.after = MedianBetween(history_.values, point.index, to);
    point.confidence = ConfidenceOf(reading.gain);
    SetSize(reading, scaled_, options_, point);
    part.points.push_back(point);
  }

  const HistoryValues& history_;
  const std::size_t runs_before_;
  const ChangePointOptions& options_;
  const ChangePointTuning& tuning_;
  ScaledHistory scaled_;
};

}  // namespace

HistoryPart AnalyzePart(const HistoryValues& history, std::size_t runs_before,
                        const ChangePointOptions& options, const ChangePointTuning& tuning) {
  return PartAnalysis(history, runs_before, options, tuning).Run();
}

}  // namespace weir::analysis
