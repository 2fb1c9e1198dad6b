#include "analysis/noise_shape.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <utility>

#include "base/check.h"

namespace weir::analysis {
namespace {

std::size_t Index(int t) {
  return static_cast<std::size_t>(t);
}

/// Independent maxima, so that the processor can work on several levels at once.
constexpr std::size_t kLanes = 8;

/// A share of the noise is taken to be far outliers, whatever the sample shows: a Cauchy
/// distribution of this scale, in units of the noise.
constexpr double kOutlierShare = 0.03;
constexpr double kOutlierScale = 2;
constexpr double kLevelsPerBandwidth = 3;
constexpr int kRounds = 3;

/// What another bandwidth can make up for, at most.
constexpr double kOutOfReach = 12;

/// Choosing a shape costs this much of the score.
constexpr double kShapePenalty = 4;

/// Multiples of Silverman's width, the best guess first: densities with edges or two peaks need
/// narrower kernels.
constexpr std::array<double, 3> kBandwidths = {0.6, 0.35, 1.0};

double OutlierDensity(double offset) {
  const double scaled = offset / kOutlierScale;
  return kOutlierShare / (std::numbers::pi * kOutlierScale * (1 + scaled * scaled));
}

double MedianOf(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::vector<double> Residuals(std::span<const double> values, std::span<const int> steps) {
  std::vector<double> residuals(values.begin(), values.end());
  std::size_t from = 0;
  for (std::size_t i = 0; i <= steps.size(); ++i) {
    const std::size_t to = i < steps.size() ? Index(steps[i]) : values.size();
    const double level = MedianOf({values.begin() + static_cast<std::ptrdiff_t>(from),
                                   values.begin() + static_cast<std::ptrdiff_t>(to)});
    for (; from < to; ++from) {
      residuals[from] -= level;
    }
  }
  return residuals;
}

/// The smaller of standard deviation and quartile range, as Silverman has it.
double SpreadOf(std::vector<double> residuals) {
  double squares = 0;
  for (const double residual : residuals) {
    squares += residual * residual;
  }
  const auto n = static_cast<std::ptrdiff_t>(residuals.size());
  const double deviation = std::sqrt(squares / static_cast<double>(n));
  std::sort(residuals.begin(), residuals.end());
  const double quartiles =
      (residuals[Index(static_cast<int>(n * 3 / 4))] - residuals[Index(static_cast<int>(n / 4))]) /
      1.349;
  return quartiles > 0 ? std::min(deviation, quartiles) : deviation;
}

std::vector<float> Sum(const std::vector<float>& a, const std::vector<float>& b) {
  std::vector<float> sum(a);
  for (std::size_t g = 0; g < sum.size(); ++g) {
    sum[g] += b[g];
  }
  return sum;
}

float Largest(std::span<const float> values) {
  std::array<float, kLanes> largest;
  largest.fill(-std::numeric_limits<float>::infinity());
  for (std::size_t g = 0; g < values.size(); g += kLanes) {
    for (std::size_t k = 0; k < kLanes; ++k) {
      largest[k] = largest[k] > values[g + k] ? largest[k] : values[g + k];
    }
  }
  return *std::max_element(largest.begin(), largest.end());
}

}  // namespace

ShapeFit::ShapeFit(std::span<const double> values, const StepOptions& options, Bandwidth bandwidth)
    : options_(options), n_(static_cast<int>(values.size())), bandwidth_(bandwidth.width) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  low_ = *low;
  const double lanes = static_cast<double>(kLanes);
  pitch_ = std::max(bandwidth_ / kLevelsPerBandwidth, (*high - *low) / (kLevelsMax - lanes));
  const auto wanted = static_cast<std::size_t>(std::ceil((*high - *low) / pitch_)) + 1;
  levels_ = static_cast<int>((wanted + kLanes - 1) / kLanes * kLanes);
  bin_.reserve(values.size());
  for (const double value : values) {
    bin_.push_back(static_cast<int>(std::lround((value - low_) / pitch_)));
  }
}

std::optional<ShapeFit> ShapeFit::Of(std::span<const double> values, std::span<const int> steps,
                                     const StepOptions& options, double score_to_beat) {
  const std::vector<double> residuals = Residuals(values, steps);
  const double spread = SpreadOf(residuals);
  if (!(spread > 0)) {
    return std::nullopt;
  }
  const double silverman = 0.9 * spread * std::pow(static_cast<double>(values.size()), -0.2);
  std::optional<ShapeFit> best;
  for (const double multiple : kBandwidths) {
    ShapeFit fit(values, options, {multiple * silverman});
    std::vector<int> levels;
    for (std::size_t t = 0; t < values.size(); ++t) {
      const double level = (values[t] - residuals[t] - fit.low_) / fit.pitch_;
      levels.push_back(std::clamp(static_cast<int>(std::lround(level)), 0, fit.levels_ - 1));
    }
    fit.Improve({steps.begin(), steps.end()}, std::move(levels));
    if (!best || fit.score_ < best->score_) {
      best = std::move(fit);
    }
    if (best->score_ > score_to_beat + kOutOfReach) {
      break;
    }
  }
  return best;
}

void ShapeFit::Improve(std::vector<int> steps, std::vector<int> levels) {
  EstimateDensity(levels);
  for (int round = 0; round < kRounds; ++round) {
    const double runs = static_cast<double>(n_) / static_cast<double>(steps.size() + 1);
    const double penalty =
        options_.penalty + std::log1p(options_.step_variance * information_ * runs);
    std::vector<int> next = Worthwhile(BestPath(penalty / 2));
    const bool settled = next == steps;
    steps = std::move(next);
    levels = LevelsOf(steps);
    EstimateDensity(levels);
    if (settled) {
      break;
    }
  }
  const double constant = n_ * (1 + std::log(2 * std::numbers::pi));
  score_ = -2 * LeftOutLogLikelihood(levels) - constant + kShapePenalty +
           options_.penalty * static_cast<double>(steps.size());
  for (std::size_t i = 0; i <= steps.size(); ++i) {
    const int from = i == 0 ? 0 : steps[i - 1];
    const int to = i < steps.size() ? steps[i] : n_;
    const double variance = i == 0 ? options_.level_variance : options_.step_variance;
    score_ += std::log1p(variance * information_ * (to - from));
  }
  steps_ = std::move(steps);
  path_ = std::move(levels);
}

void ShapeFit::EstimateDensity(const std::vector<int>& levels) {
  const std::size_t size = Index(2 * levels_ + 1);
  std::vector<double> count(size, 0.0);
  for (int t = 0; t < n_; ++t) {
    count[Index(bin_[Index(t)] - levels[Index(t)] + levels_)] += 1;
  }
  const int reach = static_cast<int>(std::ceil(3.5 * bandwidth_ / pitch_));
  std::vector<double> kernel;
  double total = 0;
  for (int k = 0; k <= reach; ++k) {
    const double scaled = k * pitch_ / bandwidth_;
    kernel.push_back(std::exp(-scaled * scaled / 2));
    total += (k == 0 ? 1 : 2) * kernel.back();
  }
  for (double& weight : kernel) {
    weight /= total * pitch_;
  }
  kernel_peak_ = kernel[0];
  density_.assign(size, 0.0);
  for (int i = 0; i < static_cast<int>(size); ++i) {
    if (count[Index(i)] == 0) {
      continue;
    }
    const double share = count[Index(i)] * (1 - kOutlierShare) / n_;
    for (int k = std::max(-reach, -i); k <= std::min(reach, static_cast<int>(size) - 1 - i); ++k) {
      density_[Index(i + k)] += share * kernel[Index(std::abs(k))];
    }
  }
  log_density_.resize(size);
  for (int i = 0; i < static_cast<int>(size); ++i) {
    density_[Index(i)] += OutlierDensity((i - levels_) * pitch_);
    log_density_[size - 1 - Index(i)] = static_cast<float>(std::log(density_[Index(i)]));
  }
  information_ = 0;
  for (std::size_t i = 1; i + 1 < size; ++i) {
    const double slope = (density_[i + 1] - density_[i - 1]) / (2 * pitch_);
    information_ += slope * slope / density_[i] * pitch_;
  }
}

double ShapeFit::LeftOutLogLikelihood(const std::vector<int>& levels) const {
  const double own = (1 - kOutlierShare) * kernel_peak_ / n_;
  double sum = 0;
  for (int t = 0; t < n_; ++t) {
    const int offset = bin_[Index(t)] - levels[Index(t)];
    const double outlier = OutlierDensity(offset * pitch_);
    const double others = density_[Index(offset + levels_)] - outlier - own;
    sum += std::log(std::max(others, 0.0) * n_ / (n_ - 1) + outlier);
  }
  return sum;
}

/// Log density of run t at every level: element g is that at level g.
const float* ShapeFit::LogDensityOfRun(int t) const {
  return log_density_.data() + levels_ - bin_[Index(t)];
}

std::vector<int> ShapeFit::BestPath(double penalty) const {
  const std::size_t width = Index(levels_);
  // Each row is written before it is read.
  const auto best = std::make_unique_for_overwrite<float[]>(Index(n_) * width);
  std::vector<float> jump(Index(n_), -std::numeric_limits<float>::infinity());
  std::copy_n(LogDensityOfRun(0), width, best.get());
  for (int t = 1; t < n_; ++t) {
    const float* before = &best[Index(t - 1) * width];
    float* now = &best[Index(t) * width];
    const float* density = LogDensityOfRun(t);
    const float from_best = Largest({before, width}) - static_cast<float>(penalty);
    jump[Index(t)] = from_best;
    for (std::size_t g = 0; g < width; ++g) {
      now[g] = (before[g] > from_best ? before[g] : from_best) + density[g];
    }
  }
  std::vector<int> steps;
  const auto top = [&](int t) {
    const float* row = &best[Index(t) * width];
    return std::max_element(row, row + width) - row;
  };
  std::ptrdiff_t level = top(n_ - 1);
  for (int t = n_ - 1; t > 0; --t) {
    if (jump[Index(t)] >= best[Index(t - 1) * width + static_cast<std::size_t>(level)]) {
      steps.push_back(t);
      level = top(t - 1);
    }
  }
  std::reverse(steps.begin(), steps.end());
  return steps;
}

/// Of the runs [from, to), at every level.
std::vector<float> ShapeFit::LogLikelihoods(int from, int to) const {
  std::vector<float> sum(Index(levels_), 0.0F);
  for (int t = from; t < to; ++t) {
    const float* density = LogDensityOfRun(t);
    for (std::size_t g = 0; g < sum.size(); ++g) {
      sum[g] += density[g];
    }
  }
  return sum;
}

std::vector<int> ShapeFit::LevelsOf(std::span<const int> steps) const {
  std::vector<int> levels;
  for (std::size_t i = 0; i <= steps.size(); ++i) {
    const int from = i == 0 ? 0 : steps[i - 1];
    const int to = i < steps.size() ? steps[i] : n_;
    const std::vector<float> likelihoods = LogLikelihoods(from, to);
    const auto level = std::max_element(likelihoods.begin(), likelihoods.end());
    levels.resize(Index(to), static_cast<int>(level - likelihoods.begin()));
  }
  return levels;
}

/// Laplace's approximation of the likelihood with the level integrated out.
double ShapeFit::SegmentScore(double log_likelihood, int runs) const {
  return log_likelihood - std::log1p(options_.step_variance * information_ * runs) / 2;
}

/// score[t - from]: log likelihood of [from, to) split at t, for from < t < to.
void ShapeFit::SplitScores(int from, int to, std::span<double> score) const {
  std::vector<float> sum(Index(levels_), 0.0F);
  for (int t = from; t < to - 1; ++t) {
    const float* density = LogDensityOfRun(t);
    for (std::size_t g = 0; g < sum.size(); ++g) {
      sum[g] += density[g];
    }
    score[Index(t + 1 - from)] = SegmentScore(Largest(sum), t + 1 - from);
  }
  std::fill(sum.begin(), sum.end(), 0.0F);
  for (int t = to - 1; t > from; --t) {
    const float* density = LogDensityOfRun(t);
    for (std::size_t g = 0; g < sum.size(); ++g) {
      sum[g] += density[g];
    }
    score[Index(t - from)] += SegmentScore(Largest(sum), to - t);
  }
}

/// Of `candidates` those that keep the least distance and pay for themselves.
std::vector<int> ShapeFit::Worthwhile(const std::vector<int>& candidates) const {
  std::vector<int> kept;
  for (const int at : candidates) {
    const int before = kept.empty() ? 0 : kept.back();
    if (at - before >= options_.segment_min && n_ - at >= options_.segment_min) {
      kept.push_back(at);
    }
  }
  // Log likelihood of each segment at every level; segments that merge add up.
  std::vector<std::vector<float>> segments;
  for (std::size_t i = 0; i <= kept.size(); ++i) {
    segments.push_back(LogLikelihoods(i == 0 ? 0 : kept[i - 1], i < kept.size() ? kept[i] : n_));
  }
  const auto score = [&](const std::vector<float>& likelihoods, std::size_t first,
                         std::size_t last) {
    const int from = first == 0 ? 0 : kept[first - 1];
    const int to = last < kept.size() ? kept[last] : n_;
    return SegmentScore(Largest(likelihoods), to - from);
  };
  while (!kept.empty()) {
    std::size_t drop = kept.size();
    double least = 0;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const double gain = 2 * (score(segments[i], i, i) + score(segments[i + 1], i + 1, i + 1) -
                               score(Sum(segments[i], segments[i + 1]), i, i + 1)) -
                          options_.penalty;
      if (gain < least) {
        least = gain;
        drop = i;
      }
    }
    if (drop == kept.size()) {
      break;
    }
    segments[drop] = Sum(segments[drop], segments[drop + 1]);
    segments.erase(segments.begin() + static_cast<std::ptrdiff_t>(drop) + 1);
    kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(drop));
  }
  return kept;
}

StepSearch::StepReading ShapeFit::Read(std::size_t which) const {
  WEIR_CHECK(which < steps_.size());
  const int at = steps_[which];
  const int from = which == 0 ? 0 : steps_[which - 1];
  const int to = which + 1 < steps_.size() ? steps_[which + 1] : n_;
  StepSearch::StepReading reading;
  reading.size = (path_[Index(at)] - path_[Index(at - 1)]) * pitch_;
  reading.standard_error = std::sqrt((1.0 / (at - from) + 1.0 / (to - at)) / information_);
  reading.log_odds.assign(Index(n_), -std::numeric_limits<double>::infinity());
  SplitScores(from, to, std::span(reading.log_odds).subspan(Index(from), Index(to - from)));
  reading.log_odds[Index(from)] = -std::numeric_limits<double>::infinity();
  reading.gain = 2 * (reading.log_odds[Index(at)] -
                      SegmentScore(Largest(LogLikelihoods(from, to)), to - from)) -
                 options_.penalty;
  return reading;
}

}  // namespace weir::analysis
