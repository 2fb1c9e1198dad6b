#pragma once

#include <span>
#include <string>

#include "analysis/series_summary.h"
#include "base/series.h"
#include "reports/text_options.h"

/// What `weir analyze describe` prints. `summaries` has one entry for each of table.series.
namespace weir::reports {

std::string RenderSeriesSummary(const SeriesTable& table,
                                std::span<const analysis::SeriesSummary> summaries,
                                const TextOptions& given);

/// One line, schema "weir.analyze/1", with "series": [...].
std::string SeriesSummaryJson(const SeriesTable& table,
                              std::span<const analysis::SeriesSummary> summaries);

}  // namespace weir::reports
