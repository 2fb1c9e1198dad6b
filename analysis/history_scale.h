#pragma once

#include <optional>
#include <span>
#include <vector>

#include "analysis/changepoint.h"

/// What the engine of change points works on: one part of a history in units of its own noise.
namespace weir::analysis {

struct ScaledHistory {
  bool logarithmic = false;
  double scale = 0;  ///< Robust run-to-run deviation, of the logarithms if so; 0: all equal.
  std::optional<int> period;   ///< Of a strong season that was taken out; not with gaps.
  int observed = 0;            ///< Runs with a value.
  std::vector<double> values;  ///< (value - median) / scale, far outliers replaced; 0 if missing.
  std::vector<double> extra_variance;  ///< As FilterGains has it; empty when the runs are all
                                       ///< there and equally certain.
};

struct ScaleOptions {
  int neighbours = 3;        ///< Runs on either side whose median a value is compared with.
  double outlier_limit = 5;  ///< In units of the scale: a run farther than this from the median of
                             ///< its neighbours is replaced by it.
};

/// The logarithm is taken when all values are positive. The scale is the median absolute
/// difference of neighbouring runs over 0.6745 sqrt 2, which steps and drift hardly touch; when
/// more than half of the neighbours are equal, the root of the mean square difference.
/// Source: Hampel's identifier for the outliers; Rousseeuw and Croux (1993) for the constants.
ScaledHistory ScaleHistory(const HistoryValues& history, const ScaleOptions& options = {});

/// Of a sample that is not empty; the mean of the middle two for an even count.
double MedianOfValues(std::vector<double> values);

}  // namespace weir::analysis
