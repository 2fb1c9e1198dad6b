#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/run.h"

namespace weir::reports {

/// One number of a latency table: known, known as a lower bound, or unknown with the reason.
struct LatencyValue {
  std::optional<double> value_ns;
  bool lower_bound = false;
  std::uint64_t samples_needed = 0;  ///< With how many samples it would be known; 0 = it is.
  std::string reason;                ///< Why there is no value; empty otherwise.
};

/// A column of the latency table.
struct LatencyColumn {
  std::string_view key;    ///< As in JSON: "p999".
  std::string_view title;  ///< As people write it: "p99.9".
  double quantile;         ///< -1 for min, mean and max.
};

inline constexpr std::array<LatencyColumn, 9> kLatencyColumns = {{{"min", "min", -1},
                                                                  {"mean", "mean", -1},
                                                                  {"p50", "p50", 0.5},
                                                                  {"p90", "p90", 0.9},
                                                                  {"p95", "p95", 0.95},
                                                                  {"p99", "p99", 0.99},
                                                                  {"p999", "p99.9", 0.999},
                                                                  {"p9999", "p99.99", 0.9999},
                                                                  {"max", "max", -1}}};
inline constexpr std::size_t kColumnMean = 1;
inline constexpr std::size_t kColumnP50 = 2;
inline constexpr std::size_t kColumnP99 = 5;

/// The row of one distribution, in the order of kLatencyColumns.
struct LatencySummary {
  std::array<LatencyValue, kLatencyColumns.size()> values;
  std::uint64_t count = 0;
  std::uint64_t censored = 0;
};

/// Of a step's latencies of one kind. A value below the shortest wait of any request that was cut
/// off is exact: that request's true time, however long, lies above it.
LatencySummary SummaryOf(const StepRecord& record, LatencyKind kind);

/// The shortest wait of a request that was cut off (timed out or unfinished); none when none was.
std::optional<std::uint64_t> ShortestCutOffNs(const StepRecord& record, LatencyKind kind);

/// The three rows of a record.
struct LatencyTable {
  LatencySummary response;
  LatencySummary service;
  LatencySummary send_lag;
};

LatencyTable LatencyTableOf(const StepRecord& record);

/// Of one part of the response times (base/run.h); empty when the parts are not known.
LatencySummary SummaryOf(const StepRecord& record, LatencyPart part);

/// Of what programs used of one thing, in its unit; empty when it is not known.
LatencySummary SummaryOf(const StepRecord& record, UsageMetric metric);

/// How often response is service at p99, when they tell different stories: at least 1.5 times and
/// both known.
std::optional<double> WaitFactorAtP99(const LatencyTable& table);

/// Requests per second of the measured phase; none when nothing was measured.
struct Rates {
  std::optional<double> planned;   ///< None for a closed loop too.
  std::optional<double> achieved;  ///< Completed before the load ended.
};

Rates RatesOf(const Run& run, const StepRecord& record);

}  // namespace weir::reports
