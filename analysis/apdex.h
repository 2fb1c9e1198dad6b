#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/histogram.h"
#include "base/run.h"
#include "base/time.h"
#include "base/verdict.h"

namespace weir::analysis {

/// The share of satisfied users, counting tolerating ones half.
struct Apdex {
  double score = 0;              ///< 0 (all frustrated) .. 1 (all satisfied).
  Interval interval;             ///< 95 %, as if requests were independent.
  std::uint64_t satisfied = 0;   ///< Answered within T.
  std::uint64_t tolerating = 0;  ///< Within 4 T.
  std::uint64_t frustrated = 0;  ///< Later, or not answered rightly at all.
  bool few = false;              ///< Fewer than 100 requests: the standard wants this to be marked.
};

/// Apdex with target `t` > 0. `answered` holds the response times of requests that were answered
/// rightly; `failed` counts all others, which are frustrated whatever they took. T differs by step:
/// what is fast for a report is slow for a button. No value when there was no request.
/// Error: a value within a bucket of T or 4 T (0.1 %) may fall on either side.
/// Interval: Wilson's score interval with the variance of the three-valued mark.
/// Cost: O(buckets). Thread-safe (pure).
/// Source: Apdex Alliance, "Application Performance Index Technical Specification", version 1.1
/// (2007), sections 2 and 5.
/// Checked against: counts by hand, tests/analysis/ux_parts_test.cc.
std::optional<Apdex> ApdexOf(const Histogram& answered, std::uint64_t failed, Nanos t);

/// Of the measured part of a run: completed requests are answered, all other planned ones failed.
/// `step` < 0: all steps.
std::optional<Apdex> ApdexOf(const Run& run, int step, Nanos t);

/// Of several steps, each with its own T, as one: their users added up. No value for none.
std::optional<Apdex> CombinedApdex(std::span<const Apdex> steps);

/// "excellent" from 0.94, "good" 0.85, "fair" 0.70, "poor" 0.50, else "unacceptable".
std::string_view ApdexRating(double score);

}  // namespace weir::analysis
