#include "analysis/forecast_models.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "analysis/forecast_autoregression.h"
#include "analysis/forecast_profile.h"
#include "analysis/forecast_smoothing.h"

namespace weir::analysis {
namespace {

// A season whose every lag can have a coefficient of its own.
constexpr std::size_t kFullSeasonMax = 30;
// Logarithms only if the smallest value is at least this share of the median.
constexpr double kLogShareMin = 1e-4;

using Lags = std::set<std::size_t>;

std::vector<std::size_t> Sorted(const Lags& lags) {
  return {lags.upper_bound(0), lags.end()};
}

void AddRange(Lags& lags, std::size_t from, std::size_t to) {
  for (std::size_t lag = from; lag <= to; ++lag) {
    lags.insert(lag);
  }
}

struct Seasons {
  std::size_t shorter = 0;  // 0: none.
  std::size_t longer = 0;   // 0: no second one.
};

// The values just before now and those around whole seasons ago.
Lags SparseLags(const Seasons& s) {
  Lags lags;
  AddRange(lags, 1, 4);
  AddRange(lags, s.shorter - 1, s.shorter + 2);
  if (s.longer > 0) {
    AddRange(lags, 2 * s.shorter - 1, 2 * s.shorter + 1);
    for (std::size_t k = 3; k * s.shorter < s.longer && k < 7; ++k) {
      lags.insert(k * s.shorter);
    }
    AddRange(lags, s.longer - 1, s.longer + 2);
  }
  return lags;
}

Lags FullLags(const Seasons& s) {
  Lags lags = SparseLags(s);
  AddRange(lags, 1, s.shorter + 2);
  if (s.longer > 0) {
    AddRange(lags, s.longer - s.shorter - 1, s.longer - s.shorter + 1);
    lags.insert(s.longer - 2);
    lags.insert(s.longer + s.shorter);
  }
  return lags;
}

Lags LagsAfterShortDifference(const Seasons& s) {
  Lags lags;
  AddRange(lags, 1, 4);
  AddRange(lags, s.shorter - 1, s.shorter + 1);
  if (s.longer > 0) {
    for (std::size_t k = 2; k * s.shorter < s.longer && k < 7; ++k) {
      lags.insert(k * s.shorter);
    }
    AddRange(lags, s.longer - 1, s.longer + 1);
  }
  return lags;
}

Lags LagsAfterLongDifference(const Seasons& s) {
  Lags lags;
  AddRange(lags, 1, 6);
  lags.insert(s.shorter / 2);
  AddRange(lags, s.shorter - 1, s.shorter + 1);
  AddRange(lags, 2 * s.shorter - 1, 2 * s.shorter + 1);
  return lags;
}

class ModelRunner {
 public:
  explicit ModelRunner(const ForecastTask& task) : task_(task) {
    std::vector<double> sorted = task.values;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    const double smallest = *std::min_element(task.values.begin(), task.values.end());
    if (smallest > 0 && smallest >= kLogShareMin * *middle) {
      logs_ = task;
      for (double& value : logs_->values) {
        value = std::log(value);
      }
    }
  }

  void Add(std::optional<ModelPaths> model) {
    if (model) {
      models_.push_back(std::move(*model));
    }
  }

  // The same on logarithms, back on the scale of the values.
  void AddLog(std::optional<ModelPaths> model) {
    if (!model) {
      return;
    }
    model->name += ", log";
    for (std::size_t k = 0; k < model->paths.size(); ++k) {
      const ValueRange range = WidenedRange(task_.values, task_.origins[k]);
      for (double& value : model->paths[k]) {
        value = std::min(std::exp(value), range.high);
      }
    }
    models_.push_back(std::move(*model));
  }

  template <typename Model>
  void AddBoth(const Model& model) {
    Add(model(task_));
    if (logs_) {
      AddLog(model(*logs_));
    }
  }

  void AddAutoregressions(const AutoregressionSpec& spec) {
    AddBoth([&](const ForecastTask& task) { return Autoregress(task, spec); });
  }

  std::vector<ModelPaths> TakeModels() { return std::move(models_); }

  const ForecastTask& task() const { return task_; }

  const ForecastTask* logs() const { return logs_ ? &*logs_ : nullptr; }

 private:
  const ForecastTask& task_;
  std::optional<ForecastTask> logs_;
  std::vector<ModelPaths> models_;
};

void AddUnseasonal(ModelRunner& runner) {
  const ForecastTask& task = runner.task();
  Lags lags;
  AddRange(lags, 1, 6);
  lags.insert(8);
  lags.insert(13);
  runner.AddAutoregressions(
      {.name = "autoregression, recent", .lags = Sorted(lags), .ridge = 1e-4, .decay = 0.998});
  Lags all;
  AddRange(all, 1, 13);
  runner.AddAutoregressions({.name = "autoregression of changes",
                             .lags = Sorted(all),
                             .difference = 1,
                             .ridge = 1e-2,
                             .decay = 0.998});
  runner.Add(DampedTrend(task));
  runner.Add(Theta(task));
  runner.Add(SmoothLevel(task));
}

void AddSeasonal(ModelRunner& runner, const Seasons& s, double season) {
  const double decay = s.longer > 0 ? 0.9995 : 0.999;
  runner.AddAutoregressions({.name = "autoregression, seasonal",
                             .lags = Sorted(SparseLags(s)),
                             .ridge = 1e-5,
                             .decay = decay});
  Lags changes;
  AddRange(changes, 1, 6);
  for (std::size_t quarter = 1; quarter < 4; ++quarter) {
    changes.insert(quarter * s.shorter / 4);
  }
  AddRange(changes, s.shorter - 2, s.shorter + 3);
  runner.AddAutoregressions({.name = "autoregression of changes, seasonal",
                             .lags = Sorted(changes),
                             .difference = 1,
                             .ridge = 1e-3,
                             .decay = 0.999});
  if (s.shorter <= kFullSeasonMax) {
    runner.AddAutoregressions({.name = "autoregression, full season",
                               .lags = Sorted(FullLags(s)),
                               .ridge = 1e-5,
                               .decay = decay});
    runner.AddAutoregressions({.name = "autoregression, full season, strong ridge",
                               .lags = Sorted(FullLags(s)),
                               .ridge = 1e-3,
                               .decay = 0.999});
  }
  runner.AddAutoregressions({.name = "autoregression of seasonal changes",
                             .lags = Sorted(LagsAfterShortDifference(s)),
                             .difference = s.shorter,
                             .ridge = 1e-4,
                             .decay = 0.999});
  const std::size_t longest = s.longer > 0 ? s.longer : s.shorter;
  if (s.longer > 0) {
    runner.AddAutoregressions({.name = "autoregression of long seasonal changes",
                               .lags = Sorted(LagsAfterLongDifference(s)),
                               .difference = s.longer,
                               .ridge = 1e-4,
                               .decay = 0.999});
    runner.AddBoth([&](const ForecastTask& task) {
      return SmoothSeasons(task, {.name = "double seasonal smoothing",
                                  .short_season = s.shorter,
                                  .long_season = s.longer});
    });
    runner.Add(SeasonalMean(runner.task(), {.name = "long seasonal naive", .season = s.longer}));
    runner.Add(SeasonalMean(
        runner.task(),
        {.name = "long seasonal mean", .season = s.longer, .seasons = 3, .fade = 0.7}));
  }
  runner.AddBoth([&](const ForecastTask& task) {
    return SmoothSeasons(
        task, {.name = "seasonal smoothing", .short_season = s.shorter, .long_season = s.shorter});
  });
  runner.Add(SeasonalMean(runner.task(), {.name = "seasonal naive", .season = s.shorter}));
  runner.Add(SeasonalMean(
      runner.task(), {.name = "seasonal mean", .season = s.shorter, .seasons = 5, .fade = 0.8}));
  runner.AddBoth([&](const ForecastTask& task) { return SeasonalProfile(task, season); });
  (void)longest;
}

}  // namespace

std::vector<ModelPaths> RunModels(const ForecastTask& task, const std::vector<double>& seasons) {
  ModelRunner runner(task);
  Seasons rounded;
  if (!seasons.empty()) {
    rounded.shorter = static_cast<std::size_t>(std::lround(seasons[0]));
  }
  if (seasons.size() > 1) {
    rounded.longer = static_cast<std::size_t>(std::lround(seasons[1]));
  }
  if (rounded.shorter > 0) {
    AddSeasonal(runner, rounded, seasons[0]);
  }
  AddUnseasonal(runner);
  return runner.TakeModels();
}

}  // namespace weir::analysis
