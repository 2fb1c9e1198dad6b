#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analysis/history_changes.h"
#include "base/run.h"
#include "base/verdict.h"

namespace weir::reports {

/// One run with its seconds, ascending; without seconds the page says that there are none.
struct RunPage {
  Run run;
  std::vector<SecondPoint> seconds;
};

/// Of so many runs, the newest, the page has everything; of older ones only the figures of the run,
/// so that a long history stays a file that can be sent.
inline constexpr std::size_t kDetailedRuns = 100;

/// Everything that a report shows.
struct ReportData {
  std::string title;
  WallTime generated_at{};
  std::vector<RunPage> runs;  ///< In any order; the page sorts by start.
  std::vector<GateResult> verdicts;
  analysis::HistoryChanges changes;  ///< Change points of these runs, newest first.
};

/// One self-contained HTML file: script, style and data inside, no request to anywhere (its content
/// security policy forbids them), readable without JavaScript as tables of runs and verdicts. Any
/// text from scenario, build or target is data and never markup.
/// Cost: 110 KB for the page, 4 KB and a millisecond for each detailed run of half a minute.
std::string HtmlReport(const ReportData& data);

}  // namespace weir::reports
