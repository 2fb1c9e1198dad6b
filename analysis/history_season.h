#pragma once

#include <optional>
#include <span>
#include <vector>

/// A season in a history: runs that are slower at the same hour or weekday each time. Only a strong
/// one is taken out, because looking for weak ones in noise finds them.
namespace weir::analysis {

struct HistorySeason {
  int period = 0;               ///< Runs.
  std::vector<double> pattern;  ///< One per run of the history, of about zero mean per period.
};

/// The differences of neighbouring runs must correlate at least this much at the distance of the
/// period. Noise of n runs reaches 3 / sqrt(n).
inline constexpr double kSeasonCorrelationMin = 0.5;

/// `values` all finite. The period is looked for from 2 to kSeasonPeriodMax and to a third of the
/// history. The pattern is the median, over neighbouring periods, of what each run has above the
/// centred mean of one period, so that steps and outliers hardly enter; it may change slowly.
/// No value without a strong season. Cost: O(n kSeasonPeriodMax).
/// Source: classical decomposition (Cleveland et al. 1990 for the running pattern).
std::optional<HistorySeason> FindSeason(std::span<const double> values);

inline constexpr int kSeasonPeriodMax = 60;

}  // namespace weir::analysis
