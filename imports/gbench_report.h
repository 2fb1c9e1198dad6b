#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/run.h"

namespace weir::imports {

/// Reads what a Google Benchmark program writes with --benchmark_format=json (or to
/// --benchmark_out): a run whose steps are the benchmarks, in the order of the file, and whose
/// measurements are what each repetition measured: `real_time` and `cpu_time` (ns, whatever the
/// file's unit), `items_per_second`, `bytes_per_second` and every counter of the user by its name.
///
/// Nothing becomes a request or a latency: totals stay empty. Aggregates (mean, median, ...) are
/// left out, because they can be had from the repetitions. A benchmark that reported an error makes
/// the run aborted, with that error as the reason; the others keep their values.
///
/// Filled: scenario ("gbench:" and the name of the executable, if the file names it), steps, state,
/// measurements. Not filled: when and where it took place.
///
/// `path` is for messages. Errors: kUsage; names file, benchmark and field, what was found and the
/// fix. Limits: kBenchmarksMax rows of the file. Pure: no I/O.
/// Checked against: output of libbenchmark 1.7.1 (tests/golden/imports/gbench.json).
Result<Run> ReadGoogleBenchmark(std::string_view json, const std::string& path);

inline constexpr std::size_t kBenchmarksMax = 100'000;

}  // namespace weir::imports
