#pragma once

#include "reports/html_report.h"
#include "reports/internal/json.h"

namespace weir::reports {

/// What the page draws, schema "weir.report/2"; reports/web/src/data.ts has the same shape as
/// types.
///
///   rows      RowsToJson of all runs, in order of start.
///   pages     RunToJson of each run that has a page, in order of start, with "curves" {response,
///             service} (Spectrum: "count", "v", "bound_from" = index of the first point that is a
///             lower bound or null), "seconds" (SecondsToJson) and "heatmap" (HeatmapToJson).
///   builds    for each scenario and build with two pages or more: these runs merged into one
///             distribution (never averaged), as a run with "runs" = their numbers and
///             "runs_in_all" = how many rows the build has.
///   changes   HistoryChangesToJson.
///   verdicts  VerdictToJson of each.
Json PageData(const ReportData& data);

}  // namespace weir::reports
