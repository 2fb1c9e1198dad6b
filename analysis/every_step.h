#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/effect.h"
#include "analysis/run_order.h"

/// Many steps of the same runs, each compared between two sides: which of them got slower, without
/// calling wolf because there are many.
namespace weir::analysis {

enum class StepStatistic : std::uint8_t { kBody, kP50, kP95, kP99, kErrors };
inline constexpr std::size_t kStepStatistics = 5;

/// "mean response time (p5 to p95)", "p50", "p95", "p99", "error rate".
std::string_view StepStatisticName(StepStatistic statistic);

/// One statistic of one step, one logarithm per run in the order of the runs; larger = worse.
struct StepSeries {
  std::vector<double> a;
  std::vector<double> b;
  double error_min = 0;  ///< Standard error of mean(b) - mean(a) is at least this. > 0 when known.
  bool known = false;    ///< False: some run has too few requests for it, or none went wrong.
};

/// All of one step, by StepStatistic.
struct StepValues {
  std::string step;
  std::array<StepSeries, kStepStatistics> of;
};

/// What moved all steps together.
struct SharedFinding {
  StepStatistic statistic = StepStatistic::kP50;  ///< kP99: beyond what p50 moved.
  Effect effect;
  double p = 1;  ///< That any of those looked at rises so surely by chance.
};

/// What moved one step more than the others.
struct StepFinding {
  std::size_t step = 0;                           ///< Index into the steps given.
  StepStatistic statistic = StepStatistic::kP50;  ///< The most telling one.
  Effect beyond;                                  ///< Of it, with what all steps did taken out.
  double p = 1;  ///< That any step rises so surely by chance; 1 when it may only have stayed.
};

struct EveryStep {
  std::vector<SharedFinding> shared;  ///< Empty below kSharedStepsMin steps.
  std::vector<StepFinding> steps;     ///< One for each step with a known statistic.
  std::vector<Effect> medians;        ///< p50 of each step given, shared and own part together;
                                      ///< error 0 where it is not known.
};

inline constexpr std::size_t kSharedStepsMin = 10;

/// A machine's mood moves all steps of a run alike. From kSharedStepsMin steps on, the median over
/// the steps of each run's deviations is taken out of every step, and judged by itself (p50, p99
/// beyond p50, errors; Bonferroni). What is left of a step is tested by t with variances that are
/// drawn towards those of all steps; its statistics are combined by Simes' rule and the steps by
/// Bonferroni's. Where the shared part of a statistic fell by more than a third of what the step
/// rose beyond it, the step may only have stayed: it counts when the two together surely rose
/// (97.5 %).
/// With fewer steps nothing is taken out and no variance is drawn.
///
/// Empty when the runs are too few for an effect. Pure; cost O(steps x runs).
/// Source: Simes, Biometrika 73 (1986); Smyth 2004 (analysis/variance_prior.h); the shared part as
/// in Leek and Storey, PLoS Genetics 3 (2007), with a median for the one factor.
/// Measured: docs/verdicts.md.
EveryStep CompareEveryStep(std::span<const StepValues> steps, const RunOrder& order);

}  // namespace weir::analysis
