#include "analysis/forecast_crossing.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/rng.h"

namespace weir::analysis {
namespace {

constexpr double kNormal95 = 1.959963984540054;

// Makes error paths with unit variance at every step.
class PathMixer {
 public:
  PathMixer(const std::vector<Path>& paths, std::uint64_t seed) : paths_(paths), rng_(seed) {
    norms_.assign(paths.front().size(), 0.0);
    for (const Path& path : paths) {
      for (std::size_t h = 0; h < norms_.size(); ++h) {
        norms_[h] += path[h] * path[h];
      }
    }
    for (double& norm : norms_) {
      norm = std::sqrt(norm);
    }
  }

  void Draw(Path& out) {
    std::fill(out.begin(), out.end(), 0.0);
    const std::size_t known = std::min(out.size(), norms_.size());
    for (const Path& path : paths_) {
      const double z = rng_.Normal();
      for (std::size_t h = 0; h < known; ++h) {
        out[h] += z * path[h];
      }
    }
    for (std::size_t h = 0; h < known; ++h) {
      out[h] = norms_[h] > 0 ? out[h] / norms_[h] : 0;
    }
    double walk = out[known - 1] * std::sqrt(static_cast<double>(known));
    for (std::size_t h = known; h < out.size(); ++h) {
      walk += rng_.Normal();
      out[h] = walk / std::sqrt(static_cast<double>(h + 1));
    }
  }

 private:
  const std::vector<Path>& paths_;
  Rng rng_;
  std::vector<double> norms_;
};

}  // namespace

std::optional<std::size_t> LimitCrossing::StepsUntil(double p) const {
  WEIR_CHECK(p > 0 && p < 1);
  for (std::size_t h = 0; h < probability.size(); ++h) {
    if (probability[h] >= p) {
      return h + 1;
    }
  }
  return std::nullopt;
}

LimitCrossing CrossingOf(const Path& forecast, const ErrorModel& errors,
                         const CrossingQuestion& question) {
  WEIR_CHECK(forecast.size() == errors.scale.size());
  WEIR_CHECK(!errors.standardised.empty());
  LimitCrossing result;
  result.limit = question.limit;
  result.upward = question.now < question.limit;
  const double sign = result.upward ? 1 : -1;
  const double width = errors.Quantile(0.95) / kNormal95;
  std::vector<double> first(forecast.size(), 0.0);
  PathMixer mixer(errors.standardised, question.seed);
  Path path(forecast.size());
  for (std::size_t i = 0; i < kCrossingPaths; ++i) {
    mixer.Draw(path);
    for (std::size_t h = 0; h < forecast.size(); ++h) {
      const double value = forecast[h] + path[h] * errors.scale[h] * width;
      if (sign * (value - question.limit) >= 0) {
        first[h] += 1.0 / static_cast<double>(kCrossingPaths);
        break;
      }
    }
  }
  double crossed = 0;
  for (const double share : first) {
    crossed += share;
    result.probability.push_back(std::min(crossed, 1.0));
  }
  return result;
}

}  // namespace weir::analysis
