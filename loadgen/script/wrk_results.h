#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/histogram.h"

struct lua_State;

namespace weir::loadgen {

/// What `done` is told of a run.
struct ScriptRun {
  std::uint64_t duration_us = 0;
  std::uint64_t requests = 0;  ///< That were answered.
  std::uint64_t bytes = 0;     ///< Received.
  std::uint64_t connect_errors = 0;
  std::uint64_t read_errors = 0;
  std::uint64_t status_errors = 0;
  std::uint64_t timeouts = 0;
  Histogram latency;                       ///< Response times.
  std::vector<std::uint64_t> rates_per_s;  ///< Of one thread on average, second by second.
};

/// A distribution as scripts see it: `min`, `max`, `mean`, `stdev`, `percentile(p)`, `(i)`, `#`.
class ScriptStats {
 public:
  /// In microseconds.
  static ScriptStats OfLatency(const Histogram& latency);
  static ScriptStats OfValues(std::span<const std::uint64_t> values);

  /// Of none: 0.
  std::uint64_t min() const { return values_.empty() ? 0 : values_.front().first; }

  std::uint64_t max() const { return values_.empty() ? 0 : values_.back().first; }

  double mean() const;
  double stdev() const;

  /// The smallest value that `percent` of 100 do not exceed.
  std::uint64_t Percentile(double percent) const;

  /// Distinct values, ascending, with how often each was seen.
  const std::vector<std::pair<std::uint64_t, std::uint64_t>>& values() const { return values_; }

 private:
  void Add(std::uint64_t value, std::uint64_t count);

  std::vector<std::pair<std::uint64_t, std::uint64_t>> values_;
  std::uint64_t count_ = 0;
};

/// Pushes it as an object, which must not be used when `stats` is gone.
void PushStats(lua_State* state, const ScriptStats& stats);

/// Pushes the table `summary`.
void PushSummary(lua_State* state, const ScriptRun& run);

}  // namespace weir::loadgen
