#include "analysis/every_step.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "analysis/variance_prior.h"
#include "base/check.h"

namespace weir::analysis {
namespace {

// When all steps fell by more than this share of what one rose beyond them, that one has to have
// risen as a whole, so surely.
constexpr double kFellShare = 1.0 / 3;
constexpr double kRoseConfidence = 0.975;
constexpr double kTinyError = 1e-9;
constexpr double kSharedTests = 3;

constexpr std::array<StepStatistic, kStepStatistics> kAll = {
    StepStatistic::kBody, StepStatistic::kP50, StepStatistic::kP95, StepStatistic::kP99,
    StepStatistic::kErrors};

std::size_t IndexOf(StepStatistic statistic) {
  return static_cast<std::size_t>(statistic);
}

/// Values of both sides, in the order of the runs.
struct Both {
  std::vector<double> a;
  std::vector<double> b;
};

double MedianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

Both Centred(const StepSeries& series) {
  double mean = 0;
  for (const auto* side : {&series.a, &series.b}) {
    for (const double value : *side) {
      mean += value / static_cast<double>(series.a.size() + series.b.size());
    }
  }
  Both centred{series.a, series.b};
  for (auto* side : {&centred.a, &centred.b}) {
    for (double& value : *side) {
      value -= mean;
    }
  }
  return centred;
}

Both Less(Both from, const Both& what) {
  const auto subtract = [](std::vector<double>& values, const std::vector<double>& others) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] -= others[i];
    }
  };
  subtract(from.a, what.a);
  subtract(from.b, what.b);
  return from;
}

// Median over the steps, run by run; empty when too few know the statistic.
std::optional<Both> SharedPart(const std::vector<Both>& centred) {
  if (centred.size() < kSharedStepsMin) {
    return std::nullopt;
  }
  const auto medians = [&](std::vector<double> Both::*side) {
    std::vector<double> shared;
    for (std::size_t run = 0; run < (centred.front().*side).size(); ++run) {
      std::vector<double> values;
      values.reserve(centred.size());
      for (const Both& step : centred) {
        values.push_back((step.*side)[run]);
      }
      shared.push_back(MedianOf(std::move(values)));
    }
    return shared;
  };
  return Both{medians(&Both::a), medians(&Both::b)};
}

std::optional<Effect> EffectOf(const Both& values, const RunOrder& order, double error_min) {
  return EstimateEffect(
      values.a, values.b, order,
      {.error_min = std::max(error_min, kTinyError), .trimmed = 0, .earlier = {}});
}

/// One statistic over all steps that know it.
struct Statistic {
  std::vector<std::size_t> steps;
  std::vector<Effect> effects;  ///< Of those steps, beyond the shared part.
  std::optional<Both> shared;
  std::optional<Effect> shared_effect;  ///< Of `shared`.
};

// Shared and own part together: both are linear in the values, so their effects add.
Effect Whole(Effect own, const std::optional<Effect>& shared) {
  if (shared) {
    own.difference += shared->difference;
    own.error = std::hypot(own.error, shared->error);
    own.df = std::min(own.df, shared->df);
  }
  return own;
}

// Beyond a shared part that fell, a step that only stayed seems to have risen.
bool MayOnlyHaveStayed(const Effect& beyond, const std::optional<Effect>& shared) {
  return shared && shared->difference < -kFellShare * beyond.difference &&
         Whole(beyond, shared).lower(kRoseConfidence) <= 0;
}

Statistic Compare(std::span<const StepValues> steps, StepStatistic which, const RunOrder& order) {
  Statistic statistic;
  std::vector<Both> centred;
  std::vector<double> floors;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const StepSeries& series = steps[i].of[IndexOf(which)];
    if (series.known) {
      WEIR_CHECK(series.error_min > 0);
      statistic.steps.push_back(i);
      centred.push_back(Centred(series));
      floors.push_back(series.error_min);
    }
  }
  statistic.shared = SharedPart(centred);
  if (statistic.shared) {
    statistic.shared_effect = EffectOf(*statistic.shared, order, 0);
  }
  std::vector<double> variances;
  for (const Both& values : centred) {
    const std::optional<Effect> effect =
        EffectOf(statistic.shared ? Less(values, *statistic.shared) : values, order, 0);
    if (!effect) {
      return {};
    }
    statistic.effects.push_back(*effect);
    variances.push_back(effect->variance);
  }
  VariancePrior prior;
  if (statistic.shared) {
    prior = FitVariancePrior(variances, statistic.effects.front().df);
  }
  for (std::size_t i = 0; i < statistic.effects.size(); ++i) {
    statistic.effects[i] = Moderated(statistic.effects[i], prior, floors[i]);
  }
  return statistic;
}

using Statistics = std::array<Statistic, kStepStatistics>;

void AddShared(const std::optional<Effect>& effect, StepStatistic statistic, EveryStep& found) {
  if (effect) {
    found.shared.push_back({.statistic = statistic,
                            .effect = *effect,
                            .p = std::min(1.0, kSharedTests * effect->p_upper())});
  }
}

// Simes: the smallest of n p(i) / i over the n sorted p-values.
double Simes(std::vector<double> p) {
  std::sort(p.begin(), p.end());
  double smallest = 1;
  for (std::size_t i = 0; i < p.size(); ++i) {
    smallest =
        std::min(smallest, static_cast<double>(p.size()) * p[i] / static_cast<double>(i + 1));
  }
  return smallest;
}

std::vector<StepFinding> FindSteps(std::size_t count, const Statistics& statistics) {
  std::vector<StepFinding> found(count);
  std::vector<std::vector<double>> p_values(count);
  std::vector<double> smallest(count, 2);
  for (const StepStatistic which : kAll) {
    const Statistic& statistic = statistics[IndexOf(which)];
    for (std::size_t i = 0; i < statistic.effects.size(); ++i) {
      const std::size_t step = statistic.steps[i];
      const Effect& beyond = statistic.effects[i];
      const double p = MayOnlyHaveStayed(beyond, statistic.shared_effect) ? 1 : beyond.p_upper();
      p_values[step].push_back(p);
      if (p < smallest[step]) {
        smallest[step] = p;
        found[step] = {.step = step, .statistic = which, .beyond = beyond, .p = 1};
      }
    }
  }
  std::vector<StepFinding> known;
  for (std::size_t step = 0; step < count; ++step) {
    if (!p_values[step].empty()) {
      found[step].p = Simes(p_values[step]);
      known.push_back(found[step]);
    }
  }
  for (StepFinding& finding : known) {
    finding.p = std::min(1.0, finding.p * static_cast<double>(known.size()));
  }
  return known;
}

std::vector<Effect> Medians(std::size_t count, const Statistic& p50) {
  std::vector<Effect> medians(count);
  for (std::size_t i = 0; i < p50.effects.size(); ++i) {
    medians[p50.steps[i]] = Whole(p50.effects[i], p50.shared_effect);
  }
  return medians;
}

}  // namespace

std::string_view StepStatisticName(StepStatistic statistic) {
  switch (statistic) {
    case StepStatistic::kBody:
      return "mean response time (p5 to p95)";
    case StepStatistic::kP50:
      return "p50";
    case StepStatistic::kP95:
      return "p95";
    case StepStatistic::kP99:
      return "p99";
    case StepStatistic::kErrors:
      return "error rate";
  }
  WEIR_CHECK(false);
}

EveryStep CompareEveryStep(std::span<const StepValues> steps, const RunOrder& order) {
  Statistics statistics;
  for (const StepStatistic which : kAll) {
    statistics[IndexOf(which)] = Compare(steps, which, order);
  }
  const Statistic& p50 = statistics[IndexOf(StepStatistic::kP50)];
  const Statistic& p99 = statistics[IndexOf(StepStatistic::kP99)];
  EveryStep found;
  const Statistic& errors = statistics[IndexOf(StepStatistic::kErrors)];
  AddShared(p50.shared_effect, StepStatistic::kP50, found);
  if (p50.shared && p99.shared) {
    AddShared(EffectOf(Less(*p99.shared, *p50.shared), order, 0), StepStatistic::kP99, found);
  }
  AddShared(errors.shared_effect, StepStatistic::kErrors, found);
  found.steps = FindSteps(steps.size(), statistics);
  found.medians = Medians(steps.size(), p50);
  return found;
}

}  // namespace weir::analysis
