#include "analysis/dose_response.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "analysis/autocorrelation.h"
#include "analysis/spectral_lines.h"
#include "base/check.h"
#include "base/rng.h"

namespace weir::analysis {
namespace {

constexpr std::size_t kPairsMin = 40;
constexpr std::size_t kDosesMax = 40;
constexpr int kTurns = 8;            // Of curve and season; they settle within a few.
constexpr double kBendRatio = 3.84;  // Chi-square, one degree of freedom, 95 %.
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

  double Residual(Direction direction) const {
    const bool allowed = direction == Direction::kRising ? xy_ > 0 : xy_ < 0;
    return allowed && xx_ > 0 ? std::max(yy_ - xy_ * xy_ / xx_, 0.0) : yy_;
  }

 private:
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
    if (const double square_sum = sums.Residual(direction); square_sum < bend.square_sum) {
      bend.square_sum = square_sum;
      bend.threshold = candidate;
    }
  }
  return bend;
}

std::vector<double> BendCandidates(std::vector<double> dose) {
  std::sort(dose.begin(), dose.end());
  std::vector<double> candidates;
  constexpr int kCandidates = 60;
  for (int i = 0; i <= kCandidates; ++i) {
    const double q = kThresholdFrom + (kThresholdTo - kThresholdFrom) * i / kCandidates;
    if (const double at = QuantileOf(dose, q); candidates.empty() || at > candidates.back()) {
      candidates.push_back(at);
    }
  }
  return candidates;
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
  std::vector<double> thresholds;
  for (std::size_t i = 0; i < options.resamples; ++i) {
    const Pairs resample = ResampledBlocks(pairs, length, rng);
    curves.push_back(CurveOn(result.dose, resample, options.direction));
    thresholds.push_back(FindBend(candidates, resample, options.direction).threshold);
  }
  FillBand(result, curves, options.confidence);
  const Bend bend = FindBend(candidates, pairs, options.direction);
  const double ratio = effective.size * std::log(bend.straight_square_sum / bend.square_sum);
  if (!(ratio > kBendRatio)) {
    result.threshold_reason =
        "no dose can be told up to which nothing changes: a straight line fits as well";
    return result;
  }
  std::sort(thresholds.begin(), thresholds.end());
  const double miss = (1 - options.confidence) / 2;
  result.threshold = bend.threshold;
  result.threshold_interval = {.low = std::min(QuantileOf(thresholds, miss), bend.threshold),
                               .high = std::max(QuantileOf(thresholds, 1 - miss), bend.threshold)};
  return result;
}

}  // namespace weir::analysis
