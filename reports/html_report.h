#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/comparison.h"
#include "analysis/forecast.h"
#include "analysis/history_changes.h"
#include "base/run.h"
#include "base/verdict.h"
#include "reports/run_row.h"
#include "reports/step_lines.h"

namespace weir::reports {

/// What a number was in one second of a run.
struct SecondValue {
  std::uint32_t second = 0;
  std::uint64_t value = 0;
};

/// What the seconds of a run tell beside its response times as a whole; may be empty.
struct RunDetails {
  std::map<RequestError, std::vector<SecondValue>> errors;  ///< Requests, ascending by second.
  std::vector<SecondValue> send_lag_max_ns;                 ///< Ascending by second.
  StepLines step_lines;
};

/// One run with its seconds, ascending; without seconds the page says that there are none. What the
/// generator and the watched target used may be absent too.
struct RunPage {
  Run run;
  std::vector<SecondPoint> seconds;
  std::vector<ResourceSample> resources = {};
  std::vector<TargetSample> target = {};
  RunDetails details = {};
};

/// When a verdict was handed out, and what its record is sealed with (docs/schema.md).
struct VerdictStamp {
  WallTime decided_at{};
  std::string sha256;  ///< Empty: handed out before there were records.
};

/// What a person has said of a change point last; texts may be empty ("not said").
struct TriageMark {
  WallTime at{};
  std::string state;  ///< "new", "acknowledged", "expected" or "fixed".
  std::string by;
  std::string why;
};

/// Something that a deploy tool or a person told of a build; texts may be empty.
struct DeployMark {
  WallTime at{};
  std::string service;
  std::string build;
  std::string phase;
};

/// What the next runs of a scenario are expected to show if nothing changes.
struct RunForecast {
  std::string scenario;
  std::string metric;  ///< "response_time.p99", of the whole run.
  RunId after = 0;     ///< The last run that it rests on.
  analysis::Forecast forecast;
};

/// What differs between two builds of a scenario, of those of their runs that have pages.
struct BuildPair {
  std::vector<RunId> a_runs;  ///< Of the older build.
  std::vector<RunId> b_runs;
  analysis::Comparison comparison;
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
  std::vector<VerdictStamp> stamps;  ///< One for each verdict; fewer: of the rest, none.
  analysis::HistoryChanges changes;  ///< Change points of these runs, newest first.
  std::vector<std::optional<TriageMark>> triage;  ///< One for each; fewer: of the rest, none.
  std::vector<DeployMark> deploys;                ///< In any order.
  std::vector<RunForecast> forecasts;             ///< At most one for each scenario and metric.
  std::vector<BuildPair> pairs;                   ///< In any order.
  std::vector<RunId> files;  ///< Runs that have a file of their own: HtmlRunPage.

  /// A run with a page, and its row.
  void Add(RunPage page);
};

/// One self-contained HTML file: script, style and data inside, no request to anywhere (its content
/// security policy forbids them), readable without JavaScript as tables of runs and verdicts. Any
/// text from scenario, build or target is data and never markup.
/// Cost: 110 KB for the page; 4 KB and some milliseconds for each run with a page of half a minute;
/// 30 bytes and some microseconds for each row.
std::string HtmlReport(const ReportData& data);

/// Script and style that all pages of a folder share.
struct PageAssets {
  std::string name;  ///< Of the files, without ".js" and ".css"; another for other contents.
  std::string_view script;
  std::string_view style;
};

PageAssets SharedAssets();

/// Hex SHA-256; this module has no hash of its own.
using HashText = std::function<std::string(std::string_view)>;

/// The page of one run (the only one in `data.pages`) for the folder `run` beside the report's
/// index.html and its assets. As HtmlReport, but that script and style are loaded from the assets:
/// the policy lets them in by a nonce that is the hash of all that the page holds, which nothing in
/// it can know. 6 KB for a run of half a minute.
std::string HtmlRunPage(const ReportData& data, const HashText& sha256);

}  // namespace weir::reports
