#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/run.h"
#include "base/verdict.h"

/// A verdict in the forms that CI systems read. All of them are free of times and numbers of their
/// own, so that the same verdict gives the same bytes.
namespace weir::reports {

/// JUnit XML, as GitLab and Jenkins read it: one suite `weir gate`, first a case `verdict`, then
/// one per check. A fail is a `failure`, an inconclusive one `skipped` with its reason; a warning
/// and what a waiver lets through pass, with their reason in `system-out`. Cases have the class
/// name `weir.gate.SCENARIO`, which is the same for all builds, and names that differ: GitLab drops
/// cases whose class and name repeat.
std::string JUnitXml(const GateResult& result, std::string_view scenario);

/// The same when there is no verdict: one case `verdict` with an `error`.
std::string JUnitErrorXml(std::string_view message, std::string_view scenario);

/// Workflow commands of GitHub Actions: `::error`, `::warning` or `::notice`, one per check that
/// did not pass and one for the verdict. At most 10 of a kind, which is what GitHub shows; the last
/// one says how many are left out.
std::string GitHubAnnotations(const GateResult& result);

/// Markdown: for a step summary, or for one comment that is edited in place. The first line is a
/// marker by which that comment is found again: `<!-- weir gate: SCENARIO -->`.
std::string VerdictMarkdown(const GateResult& result, std::string_view scenario);

/// GitLab's `load_performance` report: the summary of k6 (`--summary-export`), whose `checks`,
/// `http_reqs` and `http_req_waiting` the merge request shows. Of all `runs` together, whole
/// histograms merged; the time to the first byte is left out when the runs do not know it.
std::string GitLabLoadPerformance(std::span<const Run> runs);

/// GitLab's `metrics` report: OpenMetrics text, one sample per check, ending in `# EOF`. GitLab
/// compares the texts, so values have three significant digits.
std::string GitLabMetrics(const GateResult& result, std::string_view scenario);

}  // namespace weir::reports
