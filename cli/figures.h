#pragma once

#include <span>
#include <string>
#include <vector>

#include "analysis/history_changes.h"
#include "base/result.h"
#include "base/run.h"
#include "reports/run_row.h"
#include "store/figures.h"
#include "store/history.h"

/// The figures that are kept of each run: what a report of thousands of runs lists, draws and looks
/// for change points in, read off the whole histograms once.
namespace weir::cli {

/// Of a run that has just ended, to be handed to RunWriter::Finish.
store::RunFigures FiguresOf(const Run& run);

/// A run without its histograms.
struct RunSummary {
  reports::RunRow row;
  analysis::HistoryRun history;  ///< Metrics as analysis::kHistoryMetrics.
};

RunSummary SummaryOf(const Run& run);

/// The same from what the history has kept of a run that has ended.
RunSummary SummaryFrom(const store::RunHead& head, const store::RunFigures& figures);

/// All runs that match, oldest first. Runs without figures are read as a whole, one at a time in
/// memory, and their figures kept for the next time if the file at `path` can be written.
/// Cost: some 30 us a run with figures, some milliseconds for one without.
Result<std::vector<RunSummary>> ReadSummaries(store::Store& store, const std::string& path,
                                              const store::RunFilter& filter);

/// kHistoryMetrics, parsed.
const std::vector<analysis::RunMetric>& HistoryMetrics();

}  // namespace weir::cli
