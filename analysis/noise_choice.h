#pragma once

#include <span>
#include <vector>

#include "analysis/noise_filter.h"
#include "analysis/step_equations.h"

/// How noisy a history is and where it steps, decided together: drift taken for steps, or steps for
/// drift, is what makes naive detectors cry wolf.
namespace weir::analysis {

/// The best steps on average over a grid of noise models, and the model that suits them best.
struct NoiseFit {
  NoiseModel model;
  std::vector<int> steps;
  double score = 0;           ///< -2 log of the sum of exp(-score / 2) over the models that matter.
  std::vector<double> gains;  ///< Per step: the score without it, minus the score.
};

struct NoiseChoice {
  NoiseFit best;
  std::vector<int> independent_steps;  ///< Those of a model without memory and drift.
  int searches = 0;                    ///< Searches for steps, at most kSearchesMax.
  int passes = 0;                      ///< Passes over the runs with steps held; see ChooseNoise.
};

/// Having memory or drift in the model costs this much of the score. Chosen like the penalty of a
/// step (ChangePointTuning): docs/statistics.md.
struct NoisePenalties {
  double memory = 6;
  double drift = 4;
};

/// One in each corner of the grid, three descents from each.
inline constexpr int kSearchesMax = 12;

/// `extra_variance` is empty or as FilterGains has it. `values` are in units of the noise, 0 for
/// runs without one. Searches steps in four corners of the grid of models, goes down on the grid
/// from each with the steps held, and searches anew where that ends. The sets of steps that come
/// up, and each of them less one step, are then compared on average over the models, so that doubt
/// about the noise counts against a step. Deterministic.
/// Cost: at most kSearchesMax searches, and a pass for each model and each set that a search found;
/// subsets cost no pass. So a history that is all steps costs little more than others.
NoiseChoice ChooseNoise(std::span<const double> values, std::span<const double> extra_variance,
                        const StepOptions& options, const NoisePenalties& penalties);

}  // namespace weir::analysis
