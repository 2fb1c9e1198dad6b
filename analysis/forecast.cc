#include "analysis/forecast.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "analysis/forecast_bands.h"
#include "analysis/forecast_clean.h"
#include "analysis/forecast_combination.h"
#include "analysis/forecast_models.h"

namespace weir::analysis {
namespace {

constexpr std::size_t kOriginsMax = 20;
constexpr double kOriginSpacing = 0.375;  // Of the steps that are checked.
constexpr std::size_t kSeasonsOfHistory = 8;
constexpr std::size_t kHistoryMax = 16'384;
constexpr double kMissingShareMax = 0.2;

struct Origins {
  std::vector<std::size_t> at;
  std::size_t checked = 1;
};

// Past origins in the later half of n values, and now.
Origins ChooseOrigins(std::size_t n, std::size_t horizon) {
  Origins result;
  result.checked = std::clamp<std::size_t>(n / 3, 1, horizon);
  const std::size_t room = n / 2 > result.checked ? n / 2 - result.checked : 0;
  const auto wide =
      static_cast<std::size_t>(std::ceil(kOriginSpacing * static_cast<double>(result.checked)));
  const std::size_t spacing = std::clamp<std::size_t>(room / (kOriginsMax - 1), 1, wide);
  const std::size_t count = std::min(kOriginsMax, room / spacing + 1);
  for (std::size_t i = count; i-- > 0;) {
    result.at.push_back(n - result.checked - i * spacing);
  }
  result.at.push_back(n);
  return result;
}

ForecastTask TaskOf(const std::vector<double>& values, std::size_t history, std::size_t horizon) {
  ForecastTask task;
  const std::size_t n = std::min(values.size(), history);
  task.values.assign(values.end() - static_cast<std::ptrdiff_t>(n), values.end());
  task.origins = ChooseOrigins(n, horizon).at;
  task.horizon = horizon;
  return task;
}

Status Validate(const ForecastOptions& options) {
  if (options.horizon < 1 || options.horizon > kHorizonMax) {
    return UsageError(fmt::format("cannot forecast {} steps; the horizon is 1 to {} steps",
                                  options.horizon, kHorizonMax));
  }
  if (options.seasons.size() > 2) {
    return UsageError(
        fmt::format("cannot forecast with {} seasons; give at most two", options.seasons.size()));
  }
  double last = 0;
  for (const double season : options.seasons) {
    if (!(season >= 2) || !(season <= static_cast<double>(kHistoryMax) / 2)) {
      return UsageError(fmt::format("cannot use a season of {} steps; it has 2 to {} steps", season,
                                    kHistoryMax / 2));
    }
    if (season <= last) {
      return UsageError("the second season must be longer than the first one");
    }
    last = season;
  }
  if (options.limit && !std::isfinite(*options.limit)) {
    return UsageError("the limit must be a finite number");
  }
  return {};
}

class Forecaster {
 public:
  Forecaster(FilledSeries series, const ForecastOptions& options)
      : options_(options), filled_(std::move(series.values)) {
    // A power of two, so that no digit is lost; squares and products then stay in range.
    double largest = 0;
    for (const double value : filled_) {
      largest = std::max(largest, std::abs(value));
    }
    std::frexp(largest, &exponent_);
    for (double& value : filled_) {
      value = std::ldexp(value, -exponent_);
    }
    NoteGaps(series.missing);
  }

  Forecast Run() {
    std::vector<double> cleaned = filled_;
    const std::size_t outliers = CleanOutliers(cleaned).size();
    if (outliers > 0) {
      Warn(fmt::format("{} outlier{} left out of the fit", outliers,
                       outliers == 1 ? " was" : "s were"));
    }
    ChooseSeasons(cleaned);
    const std::size_t history = HistoryFor(result_.seasons);
    const ForecastTask task = TaskOf(cleaned, history, options_.horizon);
    const std::size_t checked = task.values.size() - task.origins[task.origins.size() - 2];
    std::vector<double> seasons;
    for (const Season& season : result_.seasons) {
      seasons.push_back(season.steps);
    }
    const std::vector<ModelPaths> models = RunModels(task, seasons);
    const Combination combination = CombineModels(task, models, checked);
    const std::vector<double> actual(
        filled_.end() - static_cast<std::ptrdiff_t>(task.values.size()), filled_.end());
    const ErrorModel errors = ModelErrors(task, combination, actual);
    Describe(models, combination);
    result_.values = task.values.size();
    result_.origins = combination.past.size();
    result_.checked = checked;
    result_.proportional = errors.proportional;
    FillBands(combination.now, errors);
    if (options_.limit) {
      result_.crossing = CrossingOf(combination.now, errors,
                                    {.limit = std::ldexp(*options_.limit, -exponent_),
                                     .now = filled_.back(),
                                     .seed = options_.seed});
      result_.crossing->limit = *options_.limit;
    }
    NoteLimits(errors);
    return std::move(result_);
  }

 private:
  void Warn(std::string text) { result_.warnings.push_back(std::move(text)); }

  void NoteGaps(std::size_t missing) {
    if (missing == 0) {
      return;
    }
    const double share = static_cast<double>(missing) / static_cast<double>(filled_.size());
    Warn(fmt::format("{} of {} values are missing and were filled by straight lines{}", missing,
                     filled_.size(),
                     share > kMissingShareMax ? ": too many to trust the intervals" : ""));
  }

  static std::size_t HistoryFor(const std::vector<Season>& seasons) {
    const double longest = seasons.empty() ? 1 : seasons.back().steps;
    const auto wanted = static_cast<std::size_t>(std::ceil(longest)) * kSeasonsOfHistory;
    return std::clamp(wanted, kHistory, kHistoryMax);
  }

  // The declared ones that fit into the data; those that are found.
  void ChooseSeasons(const std::vector<double>& values) {
    std::vector<Season> declared;
    for (const double steps : options_.seasons) {
      if (steps > 0.5 * static_cast<double>(values.size())) {
        Warn(fmt::format("the season of {} steps is not used: {} values do not hold two of it",
                         steps, values.size()));
      } else {
        declared.push_back({.steps = steps, .gain = 0, .sure = true, .declared = true});
      }
    }
    if (declared.size() == 2) {
      result_.seasons = declared;
      return;
    }
    const ForecastTask task = TaskOf(values, HistoryFor(declared), options_.horizon);
    result_.seasons = FindSeasons(task, declared.empty() ? 0 : declared.front().steps);
  }

  void Describe(const std::vector<ModelPaths>& models, const Combination& combination) {
    for (std::size_t i = 0; i < models.size(); ++i) {
      result_.models.push_back({.name = models[i].name,
                                .weight = combination.weights[i],
                                .error = combination.errors[i]});
    }
    std::stable_sort(
        result_.models.begin(), result_.models.end(),
        [](const ForecastModel& a, const ForecastModel& b) { return a.weight > b.weight; });
  }

  double Unscaled(double value) const {
    constexpr double kLargest = std::numeric_limits<double>::max();
    return std::clamp(std::ldexp(value, exponent_), -kLargest, kLargest);
  }

  void FillBands(const Path& forecast, const ErrorModel& errors) {
    const double smallest = *std::min_element(filled_.begin(), filled_.end());
    const double floor = smallest >= 0 ? 0 : -std::numeric_limits<double>::infinity();
    const double q80 = errors.Quantile(0.80);
    const double q95 = std::max(errors.Quantile(0.95), q80);
    for (std::size_t h = 0; h < forecast.size(); ++h) {
      const double middle = std::max(forecast[h], floor);
      const double s80 = q80 * errors.scale[h];
      const double s95 = q95 * errors.scale[h];
      result_.mean.push_back(Unscaled(middle));
      result_.band80.low.push_back(Unscaled(std::max(middle - s80, floor)));
      result_.band80.high.push_back(Unscaled(middle + s80));
      result_.band95.low.push_back(Unscaled(std::max(middle - s95, floor)));
      result_.band95.high.push_back(Unscaled(middle + s95));
    }
  }

  void NoteLimits(const ErrorModel& errors) {
    if (result_.checked < options_.horizon) {
      Warn(
          fmt::format("past forecasts could be checked for {} of {} steps; beyond, the bands widen "
                      "with the root of the step",
                      result_.checked, options_.horizon));
    }
    if (std::all_of(errors.scale.begin(), errors.scale.end(), [](double s) { return s == 0; })) {
      Warn("no past forecast was off: the bands have no width, and a change would not be foreseen");
    }
  }

  const ForecastOptions& options_;
  std::vector<double> filled_;
  int exponent_ = 0;
  Forecast result_;
};

}  // namespace

Result<Forecast> MakeForecast(std::span<const double> values, const ForecastOptions& options) {
  if (const Status valid = Validate(options); !valid) {
    return tl::unexpected<Error>(valid.error());
  }
  FilledSeries series = FillGaps(values);
  const std::size_t known = series.values.size() - series.missing;
  if (known < kForecastValuesMin) {
    return UsageError(fmt::format("cannot forecast from {} value{}; it takes at least {}", known,
                                  known == 1 ? "" : "s", kForecastValuesMin));
  }
  return Forecaster(std::move(series), options).Run();
}

}  // namespace weir::analysis
