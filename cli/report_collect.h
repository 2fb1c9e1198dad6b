#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "reports/html_report.h"
#include "store/history.h"
#include "store/run_timeline.h"

/// What a report of a history shows.
namespace weir::cli {

struct ReportOrder {
  std::string store_path;
  std::string title = "weir report";
  store::RunFilter filter;  ///< Which runs are listed.

  /// Of so many of them, the newest, everything is shown; also of those of the newest verdict.
  std::size_t pages = reports::kDetailedRuns;
};

/// Rows of all runs, pages of some, verdicts, change points and what was said of them, forecasts,
/// deployments.
Result<reports::ReportData> CollectReport(store::Store& store, const ReportOrder& order);

/// One history, read as a whole and second by second.
struct HistoryReaders {
  store::Store& store;
  store::RunTimeline& timeline;
};

/// All that is known of one run.
Result<reports::RunPage> LoadPage(const HistoryReaders& from, RunId id);

}  // namespace weir::cli
