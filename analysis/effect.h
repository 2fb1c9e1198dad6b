#pragma once

#include <optional>
#include <span>

#include "analysis/run_order.h"

namespace weir::analysis {

/// How much runs varied around fits of the past, from gates that share no run with this one.
struct EarlierNoise {
  double variance = 0;  ///< As Effect::variance, pooled over them.
  double df = 0;        ///< Their degrees of freedom; 0: nothing is known.
};

/// The difference between two sides, estimated from one number per run.
struct Effect {
  double difference = 0;  ///< b - a, a linear trend over the slots taken out.
  double error = 0;       ///< Standard error of the difference. > 0.
  double df = 0;          ///< Degrees of freedom of the error.
  double level_a = 0;     ///< Fitted value of side a at the middle slot; b: plus difference.
  double variance = 0;    ///< Of one run (kDuet: of one pair's difference) around the fit.
  double earlier_df = 0;  ///< Of df, what EarlierNoise has added.

  double t() const { return difference / error; }

  /// P(so large a difference or a larger one | no difference).
  double p_upper() const;

  /// difference + t(confidence, df) * error: with this confidence it is not larger.
  double upper(double confidence) const;
  double lower(double confidence) const;
};

struct EffectRules {
  /// The error is at least this: a few runs that happen to agree are no proof of no noise. > 0.
  double error_min = 0;
  /// kDuet: this share of the pairs is left out at each end, [0, 0.25]; for values of which a few
  /// may be wild. Needs 1 / trimmed pairs to leave out any.
  double trimmed = 0;
  EarlierNoise earlier = {};
};

/// kDuet: mean and standard error of the differences of the pairs, df = pairs - 1. Otherwise least
/// squares of value = level + difference * (side is b) + trend * (slot - mean slot),
/// df = runs - 3. No value when a side has fewer than 2 runs, df < 2, or side and slot cannot be
/// told apart.
///
/// `trimmed`: trimmed mean and winsorised variance, df = pairs that are left - 1 (Yuen, Biometrika
/// 61 (1974); Tukey and McLaughlin 1963). Keeps its level while the differences are symmetric, as
/// they are between two sides that do not differ.
///
/// `earlier`: unless these runs are clearly noisier (their variance above the 95 % point of F times
/// the earlier one), both variances are pooled by their degrees of freedom, which gives a few runs
/// a better known error. Noise that has grown is never pooled away; noise that has fallen costs
/// power only. Measured: docs/verdicts.md.
std::optional<Effect> EstimateEffect(std::span<const double> a, std::span<const double> b,
                                     const RunOrder& order, const EffectRules& rules);

/// Runs per side after which a test at level `alpha` would find a difference of `distance` in 4 of
/// 5 cases, if the runs go on to vary as they did and are taken in pairs (kDuet) or alternating
/// (any other design). No value above kRunsNeededMax.
inline constexpr int kRunsNeededMax = 1000;
std::optional<int> RunsNeeded(const Effect& effect, RunDesign design, double alpha,
                              double distance);

/// The smallest difference that a test at level `alpha` finds in 4 of 5 cases.
double DetectableDifference(const Effect& effect, double alpha);

}  // namespace weir::analysis
