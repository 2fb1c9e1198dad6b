#pragma once

#include <cstdint>

#include "base/verdict.h"

/// Intervals for counts that keep their confidence however few the events. Exact means: coverage at
/// least as stated for every true value; for small counts it is often higher, up to 100 %.
namespace weir::analysis {

/// Interval of the chance of success, from `successes` in `trials` > 0 independent trials with the
/// same chance. Zero successes give [0, 1 - (miss)^(1 / trials)]: "none in 1,000" is not "never".
/// Requests of one run share its mood; with runs as the unit use analysis/error_effect.h.
/// confidence in (0, 1), two-sided, each side misses with at most (1 - confidence) / 2.
/// Cost: O(1). Thread-safe (pure).
/// Source: Clopper and Pearson, Biometrika 26 (1934).
/// Checked against: scipy.stats.binomtest(...).proportion_ci(method="exact"), statistics_core.csv,
/// 1e-10.
Interval ClopperPearson(std::uint64_t successes, std::uint64_t trials, double confidence);

/// Interval of the expected number of events, from `events` that occurred; divide by the time for a
/// rate. Valid for events that come one by one, independently; bursts make it too narrow.
/// Source: Garwood, Biometrika 28 (1936).
/// Checked against: scipy.stats.chi2.ppf, statistics_core.csv, 1e-10.
Interval Garwood(std::uint64_t events, double confidence);

}  // namespace weir::analysis
