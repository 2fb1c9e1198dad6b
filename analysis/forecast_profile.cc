#include "analysis/forecast_profile.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "analysis/forecast_smoothing.h"
#include "base/check.h"

namespace weir::analysis {
namespace {

constexpr double kSeasonFade = 0.9;
constexpr double kSeasonsMin = 2.5;

// Sum of the first i values, for moving means.
std::vector<double> RunningSums(const std::vector<double>& values) {
  std::vector<double> sums(values.size() + 1, 0.0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    sums[i + 1] = sums[i] + values[i];
  }
  return sums;
}

class Profile {
 public:
  // For the phases of the values and of `horizon` more.
  Profile(const std::vector<double>& values, double season, std::size_t horizon)
      : values_(values),
        sums_(RunningSums(values)),
        season_(season),
        half_(static_cast<std::size_t>(season / 2)),
        bins_(static_cast<std::size_t>(std::lround(season))) {
    for (std::size_t t = 0; t < values.size() + horizon; ++t) {
      const double phase = std::fmod(static_cast<double>(t), season) / season;
      bin_of_.push_back(
          std::min(static_cast<std::size_t>(phase * static_cast<double>(bins_)), bins_ - 1));
    }
  }

  // Mean deviation at each phase, from the first `known` values.
  std::vector<double> At(std::size_t known) const {
    std::vector<double> total(bins_, 0.0);
    std::vector<double> weight(bins_, 0.0);
    const auto width = static_cast<double>(2 * half_ + 1);
    // From the newest on, so that the weight fades once a season.
    double w = 1;
    double season_end = season_;
    for (std::size_t age = half_ + 1; age + half_ <= known; ++age) {
      if (static_cast<double>(age) >= season_end) {
        w *= kSeasonFade;
        season_end += season_;
      }
      const std::size_t t = known - age;
      const double trend = (sums_[t + half_ + 1] - sums_[t - half_]) / width;
      total[bin_of_[t]] += w * (values_[t] - trend);
      weight[bin_of_[t]] += w;
    }
    for (std::size_t i = 0; i < bins_; ++i) {
      total[i] = weight[i] > 0 ? total[i] / weight[i] : 0;
    }
    return total;
  }

  std::size_t Bin(std::size_t t) const { return bin_of_[t]; }

 private:
  const std::vector<double>& values_;
  std::vector<double> sums_;
  double season_;
  std::size_t half_;
  std::size_t bins_;
  std::vector<std::size_t> bin_of_;
};

}  // namespace

std::optional<ModelPaths> SeasonalMean(const ForecastTask& task, const SeasonalMeanSpec& spec) {
  WEIR_CHECK(spec.season > 0);
  WEIR_CHECK(spec.seasons > 0);
  if (task.origins.front() < spec.season * spec.seasons) {
    return std::nullopt;
  }
  ModelPaths result{.name = spec.name, .paths = {}};
  for (const std::size_t origin : task.origins) {
    Path path(task.horizon);
    for (std::size_t h = 0; h < task.horizon; ++h) {
      double total = 0;
      double weights = 0;
      double weight = 1;
      const std::size_t newest = origin - spec.season + h % spec.season;
      for (std::size_t k = 0; k < spec.seasons; ++k) {
        total += weight * task.values[newest - k * spec.season];
        weights += weight;
        weight *= spec.fade;
      }
      path[h] = total / weights;
    }
    result.paths.push_back(std::move(path));
  }
  return result;
}

std::optional<ModelPaths> SeasonalProfile(const ForecastTask& task, double season) {
  WEIR_CHECK(season >= 2);
  if (static_cast<double>(task.origins.front()) < kSeasonsMin * season) {
    return std::nullopt;
  }
  const Profile profile(task.values, season, task.horizon);
  ModelPaths result{.name = "seasonal profile", .paths = {}};
  double constant = -1;
  for (const std::size_t origin : task.origins) {
    const std::vector<double> deviations = profile.At(origin);
    std::vector<double> rest(origin);
    for (std::size_t t = 0; t < origin; ++t) {
      rest[t] = task.values[t] - deviations[profile.Bin(t)];
    }
    if (constant < 0 || origin == task.origins.back()) {
      constant = BestLevelConstant(rest, origin);
    }
    double level = rest[0];
    for (const double value : rest) {
      level += constant * (value - level);
    }
    Path path(task.horizon);
    for (std::size_t h = 0; h < task.horizon; ++h) {
      path[h] = level + deviations[profile.Bin(origin + h)];
    }
    result.paths.push_back(std::move(path));
  }
  return result;
}

}  // namespace weir::analysis
