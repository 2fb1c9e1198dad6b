#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/run.h"

namespace weir::imports {

/// Reads a list of runs that were measured (or simulated) elsewhere:
///
///   {"case": "NAME", "runs": [{"build": "A", "slot": 0, "latencies_us": [812, 905, ...]},
///                             {"build": "B", "slot": 0, "histogram_us": [[812, 3], ...]}]}
///
/// Each run has either every response time, or pairs of value and count, in whole microseconds.
/// Runs of one slot took place side by side (a duet); slots follow each other. The result is one
/// Run for each entry, complete, of scenario "case:NAME" with one step, every request completed. As
/// the list says nothing of clocks, slot n starts n times two minutes after 1970-01-01T00:02Z and
/// each run lasts one minute; so its rate means nothing and is the count over that minute.
///
/// `path` is for messages. Errors: kUsage; names file, run and field, what was found and the fix.
/// Limits: kRunsMax runs; a latency of at most 1 h. Pure: no I/O.
Result<std::vector<Run>> ReadRunList(std::string_view json, const std::string& path);

inline constexpr std::size_t kRunsMax = 100'000;

}  // namespace weir::imports
