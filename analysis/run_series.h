#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/error_effect.h"
#include "analysis/run_statistics.h"
#include "base/run.h"

/// From two sets of runs to one number per run: the values that EstimateEffect takes.
namespace weir::analysis {

/// The statistics of each run of both sides, for the whole run or one step.
struct Sides {
  std::vector<RunStatistics> a;
  std::vector<RunStatistics> b;
  std::string missing;  ///< Which run has no such step; empty when all have it.
};

Sides SidesOf(std::span<const Run> a, std::span<const Run> b, std::string_view step);

/// Logarithms, one per run, in the order of the runs.
struct RunSeries {
  std::vector<double> a;
  std::vector<double> b;
  double error_inside = 0;  ///< What sampling inside the runs alone does to mean(b) - mean(a), one
                            ///< standard error, requests taken as independent.
  bool lower_bound_a = false;  ///< Requests that were cut off hide the true value of some run.
  bool lower_bound_b = false;
  std::string missing;  ///< Why there are no values; empty otherwise.
};

/// Mean of log response time between p5 and p95, ns.
RunSeries BodySeries(const Sides& sides);

/// Smoothed log quantile of the response time, ns. Missing when a run has too few requests.
RunSeries QuantileSeries(const Sides& sides, double q);

/// `absolute` (a QuantileSeries of `sides`) minus each run's own mean of p10..p50: what the machine
/// does to the whole run cancels.
RunSeries RelativeToLowerHalf(RunSeries absolute, const Sides& sides);

/// Minus the log of completed over planned requests (open loop) or of completed requests per
/// second (closed loop), so that larger is worse. Half a request is added: zero is finite.
RunSeries SlownessSeries(const Sides& sides, bool open_loop);

/// Wrong and planned requests of each run; empty when some run planned none.
std::vector<ErrorCount> ErrorCounts(std::span<const RunStatistics> runs);

}  // namespace weir::analysis
