#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace weir::analysis {

/// A series without holes.
struct FilledSeries {
  std::vector<double> values;  ///< All finite; empty when no value was.
  std::size_t missing = 0;     ///< How many were not finite and have been filled.
  std::size_t dropped = 0;     ///< How many of them came before the first value: left out.
};

/// Fills what is not finite by the straight line between its neighbours, at the end by the last
/// value, and leaves out what comes before the first value. O(n).
FilledSeries FillGaps(std::span<const double> values);

/// Replaces outliers in place and returns their places, ascending. An outlier stands out from the
/// medians of the twelve values before and of the twelve after it, on the same side of both, by
/// more than five times the 95 % quantile of such distances; it is moved to the nearer median. So
/// neither a step nor anything near the end is touched, nor bursts of more than six values; nor
/// anything when more than 1 % of the values stand out, or when they do so at regular distances
/// (a season). O(n).
/// Source: Hampel's identifier, with medians of both sides (Davies and Gather, "The identification
/// of multiple outliers", JASA 88 (1993)).
std::vector<std::size_t> CleanOutliers(std::vector<double>& values);

}  // namespace weir::analysis
