#pragma once

#include <cstddef>
#include <string>

#include "reports/html_report.h"

/// Change points as feeds that a reader or a bot can watch.
namespace weir::reports {

/// A feed has so many change points, the newest.
inline constexpr std::size_t kFeedEntriesMax = 100;

/// Atom (RFC 4287). An entry is a change point; its id stays the same as long as scenario, load,
/// step, metric and run do, its time is the start of that run, its link leads into index.html
/// beside the feed. A regression has its triage state as category ("new" where nobody has said
/// anything); what was said moves its time and stands in its text. Names are text, never markup.
std::string AtomFeed(const ReportData& data, const HashText& sha256);

/// The same as JSON Feed, version 1.1: the state as tag, and in "_weir": {"triage": {"state", "at",
/// "by", "why"}}.
std::string JsonFeed(const ReportData& data, const HashText& sha256);

}  // namespace weir::reports
