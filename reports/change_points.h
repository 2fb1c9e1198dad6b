#pragma once

#include <span>
#include <string>

#include "analysis/changepoint.h"
#include "base/series.h"
#include "reports/text_options.h"

/// What `weir analyze changepoints` prints. `results` has one entry for each of table.series.
namespace weir::reports {

/// Whether each change point is followed by why it was called.
enum class Explanation { kOff, kOn };

/// A plot of each series with its segments, and a table of its change points: first run of the new
/// segment, the runs among which the step lies, size and confidence.
std::string RenderChangePoints(const SeriesTable& table,
                               std::span<const analysis::ChangePoints> results,
                               Explanation explanation, const TextOptions& options);

/// One line, schema "weir.analyze/1". "changepoints" are those of the first series, "series" has
/// all of them by name. Each has "index", "low" and "high" (rows from 0), "change_ratio" (null with
/// a reason where values are not all positive) with "change_ratio_interval", "change", "before",
/// "after", "confidence", "went_away"; with builds also "build" and "suspects", the builds of the
/// rows from low to high.
std::string ChangePointsJson(const SeriesTable& table,
                             std::span<const analysis::ChangePoints> results,
                             Explanation explanation);

}  // namespace weir::reports
