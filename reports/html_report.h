#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analysis/history_changes.h"
#include "base/run.h"
#include "base/verdict.h"
#include "reports/run_row.h"

namespace weir::reports {

/// One run with its seconds, ascending; without seconds the page says that there are none.
struct RunPage {
  Run run;
  std::vector<SecondPoint> seconds;
};

/// Of so many runs, the newest, a report should have everything, and of those that its newest
/// verdict compares; of the others a row, so that a long history stays a file that can be sent.
inline constexpr std::size_t kDetailedRuns = 20;

/// Everything that a report shows. Rows and pages may be in any order; the page sorts by start.
struct ReportData {
  std::string title;
  WallTime generated_at{};
  std::vector<RunRow> rows;    ///< All runs.
  std::vector<RunPage> pages;  ///< Those of `rows` that have a page of their own.
  std::vector<GateResult> verdicts;
  analysis::HistoryChanges changes;  ///< Change points of these runs, newest first.

  /// A run with a page, and its row.
  void Add(RunPage page);
};

/// One self-contained HTML file: script, style and data inside, no request to anywhere (its content
/// security policy forbids them), readable without JavaScript as tables of runs and verdicts. Any
/// text from scenario, build or target is data and never markup.
/// Cost: 110 KB for the page; 4 KB and some milliseconds for each run with a page of half a minute;
/// 30 bytes and some microseconds for each row.
std::string HtmlReport(const ReportData& data);

}  // namespace weir::reports
