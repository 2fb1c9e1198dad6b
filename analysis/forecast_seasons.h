#pragma once

#include <vector>

#include "analysis/forecast_task.h"

namespace weir::analysis {

/// A season and what it is worth.
struct Season {
  double steps = 0;       ///< Length, >= 2; need not be whole (52.18 weeks a year).
  double gain = 0;        ///< Share by which the values one season ago lowered the errors at past
                          ///< origins, in [0, 1); 0 for a declared one, which is not tested.
  bool sure = false;      ///< Declared, or more than chance; otherwise only worth a try.
  bool declared = false;  ///< Said by the caller.
};

/// The seasons of a series: at most two, ascending. `declared` (>= 2, or 0 for none) is taken as it
/// is, and a longer one is looked for among its natural multiples (7 days, 12 months, 24 hours
/// ...). Without it the candidates are the usual ratios of clocks and calendars and the peaks of
/// the autocorrelation of the changes, up to 0.4 of the series. Each candidate is tried as what it
/// is for: an autoregression with the values around one season ago forecasts at all past origins of
/// the task; the candidate with the smallest error is kept if it beats the same without a season by
/// kSeasonGainMin. A second one, a natural multiple or part of the first, must do so again.
/// Being the best of many is no proof: a season is `sure` only if those values also raise the
/// log-likelihood of a fit to the whole series by kSeasonEvidenceMin (chi-squared with four degrees
/// of freedom, half of it; 0.003 for one candidate). On series without a season under 3 % show a
/// sure one (tests/analysis/forecast_seasons_test.cc); about half show one that is worth a try.
/// Cost: about 0.3 ms a candidate at 1,000 values.
inline constexpr double kSeasonGainMin = 0.02;
inline constexpr double kSeasonEvidenceMin = 8;
std::vector<Season> FindSeasons(const ForecastTask& task, double declared);

}  // namespace weir::analysis
