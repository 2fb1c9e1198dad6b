#include "analysis/dose_response.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "analysis/autocorrelation.h"
#include "analysis/distributions.h"
#include "analysis/spectral_lines.h"
#include "base/check.h"
#include "base/rng.h"

namespace weir::analysis {
namespace {

constexpr std::size_t kPairsMin = 40;
constexpr std::size_t kDosesMax = 40;
constexpr int kTurns = 8;            // Of curve and season; they settle within a few.
constexpr double kBendRatio = 3.84;  // Chi-square, one degree of freedom, 95 %.
// The bend is found among many, and only told where it is plain: nominal chi-square covers too
// little by as much (measured, see the header).
constexpr double kBendWidening = 1.4;
constexpr double kThresholdFrom =
    0.05;  // Quantiles of the dose between which a bend is looked for.
constexpr double kThresholdTo = 0.95;

struct Pairs {
  std::vector<double> dose;
  std::vector<double> outcome;
};

std::vector<std::size_t> OrderByDose(const std::vector<double>& dose) {
  std::vector<std::size_t> order(dose.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return dose[a] < dose[b]; });
  return order;
}

// The monotone curve at every pair, in the pairs' own order; equal doses get one value.
std::vector<double> CurveAt(const Pairs& pairs, Direction direction) {
  const std::vector<std::size_t> order = OrderByDose(pairs.dose);
  std::vector<double> means;
  std::vector<double> weights;
  for (std::size_t from = 0; from < order.size();) {
    std::size_t to = from;
    double sum = 0;
    while (to < order.size() && pairs.dose[order[to]] == pairs.dose[order[from]]) {
      sum += pairs.outcome[order[to++]];
    }
    means.push_back(sum / static_cast<double>(to - from));
    weights.push_back(static_cast<double>(to - from));
    from = to;
  }
  const std::vector<double> fit = IsotonicFit(means, weights, direction);
  std::vector<double> curve(order.size());
  std::size_t place = 0;
  for (std::size_t group = 0; group < fit.size(); ++group) {
    for (double left = weights[group]; left > 0.5; left -= 1) {
      curve[order[place++]] = fit[group];
    }
  }
  return curve;
}

double QuantileOf(const std::vector<double>& sorted, double q) {
  const double rank = std::ceil(q * static_cast<double>(sorted.size()));
  return sorted[static_cast<std::size_t>(std::clamp(rank, 1.0, static_cast<double>(sorted.size())) -
                                         1)];
}

std::vector<double> DosesToShow(std::vector<double> dose) {
  std::sort(dose.begin(), dose.end());
  std::vector<double> shown;
  const std::size_t count = std::min(kDosesMax, dose.size());
  for (std::size_t i = 0; i < count; ++i) {
    // From 2 to 98 %: at the ends the curve is one value's word.
    const double q = 0.02 + 0.96 * static_cast<double>(i) / static_cast<double>(count - 1);
    if (const double at = QuantileOf(dose, q); shown.empty() || at > shown.back()) {
      shown.push_back(at);
    }
  }
  return shown;
}

// The curve at the doses to show: the value of the last pair that is not above.
std::vector<double> CurveOn(const std::vector<double>& shown, const Pairs& pairs,
                            Direction direction) {
  const std::vector<double> curve = CurveAt(pairs, direction);
  const std::vector<std::size_t> order = OrderByDose(pairs.dose);
  std::vector<double> response;
  std::size_t place = 0;
  for (const double dose : shown) {
    while (place + 1 < order.size() && pairs.dose[order[place + 1]] <= dose) {
      ++place;
    }
    response.push_back(curve[order[place]]);
  }
  return response;
}

struct Bend {
  double threshold = 0;
  double square_sum = 0;  // Of the residuals of the bent line.
  double straight_square_sum = 0;
  std::vector<double> square_sums;  // With the bend at each candidate.
};

// Residual squares of y on x by least squares, the slope held to the direction.
class LineSums {
 public:
  void Add(double x, double y) {
    count_ += 1;
    const double dx = x - mean_x_;
    mean_x_ += dx / count_;
    const double dy = y - mean_y_;
    mean_y_ += dy / count_;
    xx_ += dx * (x - mean_x_);
    xy_ += dx * (y - mean_y_);
    yy_ += dy * (y - mean_y_);
  }

  double Residual(Direction direction) const { return std::max(yy_ - xy_ * Slope(direction), 0.0); }

  double At(double x, Direction direction) const {
    return mean_y_ + Slope(direction) * (x - mean_x_);
  }

 private:
  double Slope(Direction direction) const {
    const bool allowed = direction == Direction::kRising ? xy_ > 0 : xy_ < 0;
    return allowed && xx_ > 0 ? xy_ / xx_ : 0;
  }

  double count_ = 0;
  double mean_x_ = 0;
  double mean_y_ = 0;
  double xx_ = 0;
  double xy_ = 0;
  double yy_ = 0;
};

Bend FindBend(const std::vector<double>& candidates, const Pairs& pairs, Direction direction) {
  Bend bend;
  LineSums straight;
  for (std::size_t i = 0; i < pairs.dose.size(); ++i) {
    straight.Add(pairs.dose[i], pairs.outcome[i]);
  }
  bend.straight_square_sum = straight.Residual(direction);
  bend.square_sum = bend.straight_square_sum;
  bend.threshold = candidates.front();
  for (const double candidate : candidates) {
    LineSums sums;
    for (std::size_t i = 0; i < pairs.dose.size(); ++i) {
      sums.Add(std::max(0.0, pairs.dose[i] - candidate), pairs.outcome[i]);
    }
    bend.square_sums.push_back(sums.Residual(direction));
    if (const double square_sum = bend.square_sums.back(); square_sum < bend.square_sum) {
      bend.square_sum = square_sum;
      bend.threshold = candidate;
    }
  }
  return bend;
}

std::vector<double> BendCandidates(std::vector<double> dose) {
  std::sort(dose.begin(), dose.end());
  std::vector<double> candidates;
  constexpr int kCandidates = 120;
  for (int i = 0; i <= kCandidates; ++i) {
    const double q = kThresholdFrom + (kThresholdTo - kThresholdFrom) * i / kCandidates;
    if (const double at = QuantileOf(dose, q); candidates.empty() || at > candidates.back()) {
      candidates.push_back(at);
    }
  }
  return candidates;
}

// How many independent pairs tell the place of the bend as well: what moves it is the residuals
// times whether the dose is above it, so their correlations count together.
double SizeForBend(const Pairs& pairs, double threshold, Direction direction) {
  LineSums sums;
  std::vector<double> above;
  for (std::size_t i = 0; i < pairs.dose.size(); ++i) {
    sums.Add(std::max(0.0, pairs.dose[i] - threshold), pairs.outcome[i]);
    above.push_back(pairs.dose[i] > threshold ? 1 : 0);
  }
  std::vector<double> residuals;
  for (std::size_t i = 0; i < pairs.dose.size(); ++i) {
    residuals.push_back(pairs.outcome[i] -
                        sums.At(std::max(0.0, pairs.dose[i] - threshold), direction));
  }
  const std::size_t lags = std::max<std::size_t>(EffectiveSizeOf(residuals).lags, 1);
  const std::vector<double> of_residuals = Autocorrelations(residuals, lags);
  const std::vector<double> of_above = Autocorrelations(above, lags);
  double time = 1;
  for (std::size_t k = 1; k < std::min(of_residuals.size(), of_above.size()); ++k) {
    time += 2 * std::max(0.0, of_residuals[k]) * std::max(0.0, of_above[k]);
  }
  return static_cast<double>(pairs.dose.size()) / time;
}

// All bends that the data do not tell from the best one.
Interval BendInterval(const Bend& bend, const std::vector<double>& candidates, double size,
                      double confidence) {
  const double deviate = NormalQuantile((1 + confidence) / 2);
  const double reach = kBendWidening * deviate * deviate;
  Interval interval{.low = bend.threshold, .high = bend.threshold};
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (size * std::log(bend.square_sums[i] / bend.square_sum) <= reach) {
      interval.low = std::min(interval.low, candidates[i]);
      interval.high = std::max(interval.high, candidates[i]);
    }
  }
  return interval;
}

Pairs ResampledBlocks(const Pairs& pairs, std::size_t length, Rng& rng) {
  Pairs resample;
  const std::size_t size = pairs.dose.size();
  while (resample.dose.size() < size) {
    const std::size_t from = rng.Below(size);
    for (std::size_t i = 0; i < length && resample.dose.size() < size; ++i) {
      resample.dose.push_back(pairs.dose[(from + i) % size]);
      resample.outcome.push_back(pairs.outcome[(from + i) % size]);
    }
  }
  return resample;
}

// The pairs that are present, the outcome without the season; level kept.
Pairs WithoutSeason(std::span<const double> dose, std::span<const double> outcome,
                    Direction direction) {
  const std::vector<double> lines = FindSpectralLines(outcome);
  std::vector<double> season(outcome.size(), 0);
  Pairs pairs;
  const auto collect = [&] {
    pairs = {};
    for (std::size_t t = 0; t < dose.size(); ++t) {
      if (std::isfinite(dose[t]) && std::isfinite(outcome[t])) {
        pairs.dose.push_back(dose[t]);
        pairs.outcome.push_back(outcome[t] - season[t]);
      }
    }
  };
  collect();
  for (int turn = 0; turn < kTurns && !lines.empty() && pairs.dose.size() >= kPairsMin; ++turn) {
    const std::vector<double> curve = CurveAt(pairs, direction);
    std::vector<double> rest(outcome.begin(), outcome.end());
    double level = 0;
    for (std::size_t t = 0, place = 0; t < dose.size(); ++t) {
      if (std::isfinite(dose[t]) && std::isfinite(outcome[t])) {
        rest[t] = outcome[t] - curve[place++];
        level += rest[t] / static_cast<double>(pairs.dose.size());
      } else {
        rest[t] = std::nan("");
      }
    }
    season = FitLines(rest, lines);
    for (double& value : season) {
      value -= level;
    }
    collect();
  }
  return pairs;
}

void FillBand(DoseResponse& result, const std::vector<std::vector<double>>& curves,
              double confidence) {
  const double miss = (1 - confidence) / 2;
  for (std::size_t i = 0; i < result.dose.size(); ++i) {
    std::vector<double> at;
    for (const std::vector<double>& curve : curves) {
      at.push_back(curve[i]);
    }
    std::sort(at.begin(), at.end());
    result.low.push_back(std::min(QuantileOf(at, miss), result.response[i]));
    result.high.push_back(std::max(QuantileOf(at, 1 - miss), result.response[i]));
  }
}

}  // namespace

std::optional<DoseResponse> EstimateDoseResponse(std::span<const double> dose,
                                                 std::span<const double> outcome,
                                                 const DoseResponseOptions& options) {
  WEIR_CHECK(dose.size() == outcome.size());
  WEIR_CHECK(options.resamples >= 100);
  const Pairs pairs = WithoutSeason(dose, outcome, options.direction);
  if (pairs.dose.size() < kPairsMin) {
    return std::nullopt;
  }
  DoseResponse result;
  result.pairs = pairs.dose.size();
  result.dose = DosesToShow(pairs.dose);
  const std::vector<double> candidates = BendCandidates(pairs.dose);
  if (result.dose.size() < 2 || candidates.size() < 2) {
    return std::nullopt;
  }
  result.response = CurveOn(result.dose, pairs, options.direction);
  std::vector<double> residuals = CurveAt(pairs, options.direction);
  for (std::size_t i = 0; i < residuals.size(); ++i) {
    residuals[i] = pairs.outcome[i] - residuals[i];
  }
  const EffectiveSize effective = EffectiveSizeOf(residuals);
  const auto size = static_cast<double>(pairs.dose.size());
  const auto length = static_cast<std::size_t>(
      std::clamp(std::ceil(2 * effective.time), std::ceil(std::cbrt(size)), size / 4));
  Rng rng(options.seed);
  std::vector<std::vector<double>> curves;
  for (std::size_t i = 0; i < options.resamples; ++i) {
    const Pairs resample = ResampledBlocks(pairs, length, rng);
    curves.push_back(CurveOn(result.dose, resample, options.direction));
  }
  FillBand(result, curves, options.confidence);
  const Bend bend = FindBend(candidates, pairs, options.direction);
  const double ratio = effective.size * std::log(bend.straight_square_sum / bend.square_sum);
  if (!(ratio > kBendRatio)) {
    result.threshold_reason =
        "no dose can be told up to which nothing changes: a straight line fits as well";
    return result;
  }
  result.threshold = bend.threshold;
  result.threshold_interval = BendInterval(
      bend, candidates, SizeForBend(pairs, bend.threshold, options.direction), options.confidence);
  return result;
}

}  // namespace weir::analysis
