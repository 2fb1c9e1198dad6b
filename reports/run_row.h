#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/run.h"

namespace weir::reports {

/// The response times that a list of runs can show and a history draws: names as in RunJson, as
/// people write them, and as metrics are called.
struct RowColumn {
  std::string_view key;
  std::string_view title;
  std::string_view metric;
};

inline constexpr std::array<RowColumn, 5> kRowColumns = {{{"p50", "p50", "response_time.p50"},
                                                          {"p90", "p90", "response_time.p90"},
                                                          {"p99", "p99", "response_time.p99"},
                                                          {"p999", "p99.9", "response_time.p99.9"},
                                                          {"max", "max", "response_time.max"}}};
inline constexpr std::size_t kRowP50 = 0;
inline constexpr std::size_t kRowP99 = 2;

/// One run of a report as a line: what of thousands of runs can be listed and drawn. The same
/// numbers as in RunJson; a value that is not known has none.
struct RunRow {
  struct Latency {
    std::optional<double> value_ns;
    bool lower_bound = false;
    friend bool operator==(const Latency&, const Latency&) = default;
  };

  RunId run = 0;
  std::string scenario;
  std::string build;
  std::string branch;
  std::string tag;
  std::string target;
  std::string load;
  std::string environment;
  RunState state = RunState::kRunning;
  bool in_progress = false;
  WallTime started_at{};
  std::optional<Grade> validity;
  std::uint64_t planned = 0;  ///< Of the measured phase, as the rest.
  std::uint64_t completed = 0;
  std::optional<double> rate_per_s;
  std::array<Latency, kRowColumns.size()> response;
  std::uint32_t thresholds_passed = 0;
  std::uint32_t thresholds_failed = 0;
  std::uint32_t thresholds_unknown = 0;
  friend bool operator==(const RunRow&, const RunRow&) = default;
};

/// Of a run that is at hand as a whole. Cost: O(buckets).
RunRow RunRowOf(const Run& run);

}  // namespace weir::reports
