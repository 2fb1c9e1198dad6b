#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "analysis/forecast_bands.h"
#include "analysis/forecast_task.h"

namespace weir::analysis {

/// When a limit will be crossed, as a distribution over steps.
struct LimitCrossing {
  double limit = 0;
  bool upward = true;               ///< The series now lies below the limit.
  std::vector<double> probability;  ///< [h]: that it has been crossed by step h + 1; ascending.

  /// The first step by which it has been crossed with probability p in (0, 1); no value when that
  /// lies beyond the horizon.
  std::optional<std::size_t> StepsUntil(double p) const;
};

struct CrossingQuestion {
  double limit = 0;
  double now = 0;  ///< The value at the last origin, which says from which side.
  std::uint64_t seed = 1;
};

/// First passage of simulated paths: the forecast plus errors that are normal at each step with the
/// scale of the 95 % band, and correlated over the steps as the past errors were (a path is a
/// normal mixture of the standardised past paths; beyond them it goes on as a random walk).
/// A value on the limit counts as across. kCrossingPaths paths: a probability of 0.5 is off by
/// 0.008. Cost: O(kCrossingPaths * horizon * origins).
inline constexpr std::size_t kCrossingPaths = 4000;
LimitCrossing CrossingOf(const Path& forecast, const ErrorModel& errors,
                         const CrossingQuestion& question);

}  // namespace weir::analysis
