#pragma once

#include "reports/html_report.h"
#include "reports/internal/json.h"

namespace weir::reports {

enum class PageKind { kReport, kRun };

/// What the page draws, schema "weir.report/2"; reports/web/src/data.ts has the same shape as
/// types.
///
///   rows      RowsToJson of all runs, in order of start.
///   pages     RunToJson of each run that has a page, in order of start, with "curves" {response,
///             service} (Spectrum: "count", "v", "bound_from" = index of the first point that is a
///             lower bound or null), "seconds" (SecondsToJson, with "kinds" of errors and
///             "send_lag_max" in ns for the same stretches), "heatmap" (HeatmapToJson), "use"
///             (UseToJson), "step_lines" {"width_s", "p50": a list for each step} and
///             "scenario_text".
///   builds    for each scenario and build with two pages or more: these runs merged into one
///             distribution (never averaged), as a run with "runs" = their numbers and
///             "runs_in_all" = how many rows the build has.
///   deploys   {"at", "service", "build", "phase"} each, in order of time.
///   forecasts {"scenario", "metric", "after", "mean", "lo80", "hi80", "lo95", "hi95"} each.
///   files     numbers of runs that have a file of their own.
///   home      where the report is, seen from this page; "" = here.
///   changes   HistoryChangesToJson, each with "triage" {"state", "at", "by", "why"} if anybody has
///             said anything of it.
///   verdicts  VerdictToJson of each, with "decided_at" and "sha256" of its record where known.
Json PageData(const ReportData& data, PageKind kind);

}  // namespace weir::reports
