#pragma once

#include "reports/html_report.h"
#include "reports/internal/json.h"

namespace weir::reports {

/// What the page draws, schema "weir.report/1"; reports/web/src/data.ts has the same shape as
/// types.
///
///   runs      RunToJson of each, in order of start, with "curves" {response, service} (Spectrum:
///             "count", "v", "bound_from" = index of the first point that is a lower bound or null)
///             and "seconds" (SecondsToJson) and "heatmap" (HeatmapToJson);
///             these and "steps" are empty where "detailed" is false, in all but the newest
///             kDetailedRuns.
///   builds    for each scenario and build with two runs or more: the runs merged into one
///             distribution (never averaged), as a run with "runs" = their numbers.
///   changes   HistoryChangesToJson.
///   verdicts  VerdictToJson of each.
Json PageData(const ReportData& data);

}  // namespace weir::reports
