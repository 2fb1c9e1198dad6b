#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/series.h"
#include "base/time.h"

/// Putting samples from different places side by side: latency of a load or monitoring tool,
/// samples of browsers, figures of the business.
namespace weir::analysis {

/// Rows with the same labels.
struct LabelGroup {
  std::vector<std::string> key;  ///< One for each name asked for, in that order.
  SeriesTable table;
};

inline constexpr std::size_t kLabelGroupsMax = 200;

/// The rows of `table` by their labels `names` (which it has), in order of first appearance;
/// without names one group. Errors: kUsage above kLabelGroupsMax groups. Cost: O(cells + rows log
/// groups).
Result<std::vector<LabelGroup>> SplitByLabels(const SeriesTable& table,
                                              std::span<const std::string> names);

/// Rows of equal stretches of time, `every` long: the median of what each side has in a stretch,
/// for all series of `a` and then of `b` (a name that both have gets "_2"). Stretches from the
/// first to the last that both sides reach; what a side does not have is missing. A median is taken
/// so that a wild sample decides nothing; a series of percentiles stays one of typical percentiles,
/// not a percentile of the whole. Both sides need times. Errors: kUsage when one has none, when
/// they do not overlap, or when there would be more than 10 million rows. `every` > 0. Cost:
/// O(cells log cells).
Result<SeriesTable> JoinOnTime(const SeriesTable& a, const SeriesTable& b, Nanos every);

/// The usual distance between rows: the median; no value with fewer than 2 rows or without times.
std::optional<Nanos> UsualSpacing(const SeriesTable& table);

}  // namespace weir::analysis
