#include "analysis/forecast_smoothing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "base/check.h"

namespace weir::analysis {
namespace {

constexpr std::array<double, 10> kLevelGrid = {0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0};

// ---- Seasons ----

constexpr std::size_t kConstants = 4;  // Level, short season, long season, autocorrelation.
using Constants = std::array<double, kConstants>;
constexpr Constants kStart = {0.02, 0.1, 0.15, 0.8};
constexpr Constants kStep = {0.05, 0.1, 0.1, 0.15};
constexpr int kRounds = 14;

struct SeasonState {
  double level = 0;
  std::vector<double> shorts;
  std::vector<double> longs;
  double error = 0;
};

SeasonState StartOf(const std::vector<double>& values, const SeasonalSmoothingSpec& spec) {
  SeasonState state;
  const std::size_t length = spec.long_season;
  const auto end = values.begin() + static_cast<std::ptrdiff_t>(length);
  state.level = std::accumulate(values.begin(), end, 0.0) / static_cast<double>(length);
  state.shorts.assign(spec.short_season, 0.0);
  std::vector<double> counts(spec.short_season, 0.0);
  for (std::size_t t = 0; t < length; ++t) {
    state.shorts[t % spec.short_season] += values[t] - state.level;
    counts[t % spec.short_season] += 1;
  }
  for (std::size_t i = 0; i < spec.short_season; ++i) {
    state.shorts[i] /= counts[i];
  }
  state.longs.resize(length);
  for (std::size_t t = 0; t < length; ++t) {
    state.longs[t] = values[t] - state.level - state.shorts[t % spec.short_season];
  }
  return state;
}

// Runs the filter over values[from, to); returns the sum of squared one-step errors.
double RunFilter(const std::vector<double>& values, std::size_t from, std::size_t to,
                 const Constants& c, SeasonState& state) {
  double sum = 0;
  std::size_t s = from % state.shorts.size();
  std::size_t l = from % state.longs.size();
  for (std::size_t t = from; t < to; ++t) {
    const double error = values[t] - (state.level + state.shorts[s] + state.longs[l]);
    const double surprise = error - c[3] * state.error;
    sum += surprise * surprise;
    state.level += c[0] * error;
    state.shorts[s] += c[1] * error;
    state.longs[l] += c[2] * error;
    state.error = error;
    s = s + 1 == state.shorts.size() ? 0 : s + 1;
    l = l + 1 == state.longs.size() ? 0 : l + 1;
  }
  return sum;
}

class SeasonSearch {
 public:
  SeasonSearch(const ForecastTask& task, const SeasonalSmoothingSpec& spec)
      : task_(task), spec_(spec), start_(StartOf(task.values, spec)), state_(start_) {}

  Constants Improve(Constants best, std::size_t known) {
    Constants step = kStep;
    double least = ErrorOf(best, known);
    for (int round = 0; round < kRounds; ++round) {
      const double before = least;
      for (std::size_t i = 0; i < kConstants; ++i) {
        TryBothWays(best, least, i, step[i], known);
      }
      if (least >= before) {
        for (double& width : step) {
          width /= 2;
        }
      }
    }
    return best;
  }

  const SeasonState& start() const { return start_; }

 private:
  double ErrorOf(const Constants& constants, std::size_t known) {
    state_ = start_;
    return RunFilter(task_.values, spec_.long_season, known, constants, state_);
  }

  void TryBothWays(Constants& best, double& least, std::size_t i, double width, std::size_t known) {
    if (i == 2 && spec_.short_season == spec_.long_season) {
      return;
    }
    for (const double sign : {1.0, -1.0}) {
      Constants tried = best;
      tried[i] = std::clamp(tried[i] + sign * width, 0.0, 0.99);
      const double error = tried[i] == best[i] ? least : ErrorOf(tried, known);
      if (error < least) {
        least = error;
        best = tried;
        return;
      }
    }
  }

  const ForecastTask& task_;
  const SeasonalSmoothingSpec& spec_;
  SeasonState start_;
  SeasonState state_;
};

Path SeasonPath(const ForecastTask& task, std::size_t origin, const Constants& constants,
                const SeasonState& state) {
  const ValueRange range = WidenedRange(task.values, origin);
  Path path(task.horizon);
  double carried = state.error;
  for (std::size_t h = 0; h < task.horizon; ++h) {
    carried *= constants[3];
    const std::size_t t = origin + h;
    path[h] = std::clamp(state.level + state.shorts[t % state.shorts.size()] +
                             state.longs[t % state.longs.size()] + carried,
                         range.low, range.high);
  }
  return path;
}

// ---- Trends ----

struct TrendConstants {
  double level;
  double slope;
  double damping;
};

struct TrendState {
  double level = 0;
  double slope = 0;
};

double RunTrend(const std::vector<double>& values, std::size_t from, std::size_t to,
                const TrendConstants& c, TrendState& state) {
  double sum = 0;
  for (std::size_t t = from; t < to; ++t) {
    const double expected = state.level + c.damping * state.slope;
    const double error = values[t] - expected;
    sum += std::abs(error);
    state.slope = c.damping * state.slope + c.level * c.slope * error;
    state.level = expected + c.level * error;
  }
  return sum;
}

TrendConstants BestTrend(const std::vector<double>& values, std::size_t known) {
  TrendConstants best{.level = 1, .slope = 0, .damping = 0.9};
  double least = std::numeric_limits<double>::infinity();
  for (const double level : {0.1, 0.3, 0.5, 0.7, 0.9, 1.0}) {
    for (const double slope : {0.0, 0.05, 0.15, 0.4}) {
      for (const double damping : {0.8, 0.9, 0.98}) {
        const TrendConstants tried{level, slope, damping};
        TrendState state{.level = values[0], .slope = 0};
        const double error = RunTrend(values, 1, known, tried, state);
        if (error < least) {
          least = error;
          best = tried;
        }
        if (slope == 0) {
          break;  // Damping of no slope changes nothing.
        }
      }
    }
  }
  return best;
}

double RunLevel(const std::vector<double>& values, std::size_t from, std::size_t to,
                double constant, double& level) {
  double sum = 0;
  for (std::size_t t = from; t < to; ++t) {
    const double error = values[t] - level;
    sum += std::abs(error);
    level += constant * error;
  }
  return sum;
}

// The level at each origin; constants chosen at the first origin and once more at the last.
std::vector<double> LevelsAt(const ForecastTask& task) {
  std::vector<double> levels;
  double constant = BestLevelConstant(task.values, task.origins.front());
  double level = task.values[0];
  std::size_t at = 1;
  for (const std::size_t origin : task.origins) {
    if (origin == task.origins.back()) {
      constant = BestLevelConstant(task.values, origin);
      level = task.values[0];
      at = 1;
    }
    RunLevel(task.values, at, origin, constant, level);
    at = origin;
    levels.push_back(level);
  }
  return levels;
}

// Slope of the least-squares line through the first n values.
double SlopeOf(const std::vector<double>& values, std::size_t n) {
  const double middle = (static_cast<double>(n) - 1) / 2;
  double product = 0;
  double square = 0;
  for (std::size_t t = 0; t < n; ++t) {
    const double x = static_cast<double>(t) - middle;
    product += x * values[t];
    square += x * x;
  }
  return square > 0 ? product / square : 0;
}

}  // namespace

std::optional<ModelPaths> SmoothSeasons(const ForecastTask& task,
                                        const SeasonalSmoothingSpec& spec) {
  WEIR_CHECK(spec.short_season > 0);
  WEIR_CHECK(spec.long_season >= spec.short_season);
  if (task.origins.front() < 2 * spec.long_season) {
    return std::nullopt;
  }
  SeasonSearch search(task, spec);
  Constants constants = search.Improve(kStart, task.origins.front());
  SeasonState state = search.start();
  std::size_t at = spec.long_season;
  ModelPaths result{.name = spec.name, .paths = {}};
  for (const std::size_t origin : task.origins) {
    if (origin == task.origins.back()) {
      constants = search.Improve(constants, origin);
      state = search.start();
      at = spec.long_season;
    }
    RunFilter(task.values, at, origin, constants, state);
    at = origin;
    result.paths.push_back(SeasonPath(task, origin, constants, state));
  }
  return result;
}

ModelPaths DampedTrend(const ForecastTask& task) {
  ModelPaths result{.name = "damped trend", .paths = {}};
  TrendConstants constants = BestTrend(task.values, task.origins.front());
  TrendState state{.level = task.values[0], .slope = 0};
  std::size_t at = 1;
  for (const std::size_t origin : task.origins) {
    if (origin == task.origins.back()) {
      constants = BestTrend(task.values, origin);
      state = {.level = task.values[0], .slope = 0};
      at = 1;
    }
    RunTrend(task.values, at, origin, constants, state);
    at = origin;
    const ValueRange range = WidenedRange(task.values, origin);
    Path path(task.horizon);
    double value = state.level;
    double slope = state.slope;
    for (double& step : path) {
      slope *= constants.damping;
      value += slope;
      step = std::clamp(value, range.low, range.high);
    }
    result.paths.push_back(std::move(path));
  }
  return result;
}

ModelPaths Theta(const ForecastTask& task) {
  ModelPaths result{.name = "theta", .paths = {}};
  const std::vector<double> levels = LevelsAt(task);
  for (std::size_t k = 0; k < task.origins.size(); ++k) {
    const double drift = SlopeOf(task.values, task.origins[k]) / 2;
    const ValueRange range = WidenedRange(task.values, task.origins[k]);
    Path path(task.horizon);
    for (std::size_t h = 0; h < task.horizon; ++h) {
      path[h] = std::clamp(levels[k] + drift * static_cast<double>(h + 1), range.low, range.high);
    }
    result.paths.push_back(std::move(path));
  }
  return result;
}

ModelPaths SmoothLevel(const ForecastTask& task) {
  ModelPaths result{.name = "level", .paths = {}};
  for (const double level : LevelsAt(task)) {
    result.paths.emplace_back(task.horizon, level);
  }
  return result;
}

double BestLevelConstant(const std::vector<double>& values, std::size_t known) {
  double best = 1;
  double least = std::numeric_limits<double>::infinity();
  for (const double constant : kLevelGrid) {
    double level = values[0];
    const double error = RunLevel(values, 1, known, constant, level);
    if (error < least) {
      least = error;
      best = constant;
    }
  }
  return best;
}

}  // namespace weir::analysis
