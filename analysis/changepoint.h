#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/noise_filter.h"
#include "base/verdict.h"

/// Change points: which run moved a metric, by how much, and how sure. Works on one number per run
/// in the order of the runs. Robust to outliers, ties, heavy tails, runs that depend on each other,
/// slow drift, machines with two speeds and gaps; docs/statistics.md has the measured error rates
/// and says when not to trust it. Pure and deterministic.
namespace weir::analysis {

/// A history as the engine takes it.
struct HistoryValues {
  /// One per run, oldest first. NaN: no value. Infinite values are treated as missing.
  std::span<const double> values;

  /// Standard error of each value, same unit, from within the run; empty when unknown, NaN where
  /// unknown. A run that is less certain than usual weighs less. Same length as `values`.
  std::span<const double> standard_errors;
};

struct ChangePointOptions {
  /// Coverage of the interval of the place and of the size; in [0.5, 1).
  double confidence = 0.9;

  /// Least number of runs between change points and to either end; >= 2. A shorter excursion is
  /// not a change point.
  int segment_min = 5;
};

/// One step of the level. The three indices are runs, from 0; `index` is the first run of the new
/// level, and the step lies in [low, high] with the stated confidence.
struct ChangePoint {
  std::size_t index = 0;
  std::size_t low = 0;
  std::size_t high = 0;
  double before = 0;  ///< Median of the segment that ends here.
  double after = 0;   ///< Median of the segment that begins here.
  double change = 0;  ///< Size of the step in the unit of the values, drift taken out.
  std::optional<double> change_ratio;  ///< after / before - 1, drift taken out; absent when values
                                       ///< are not all positive.
  std::optional<Interval> change_ratio_interval;  ///< Given the place.
  double confidence = 0;   ///< 0..1: that there is a step in or near [low, high].
  bool went_away = false;  ///< The next change point undoes this one.
};

/// How the runs vary around their level.
struct HistoryNoise {
  bool logarithmic = false;   ///< All values were positive: steps are ratios.
  double scale = 0;           ///< Run-to-run standard deviation: of the logarithm, or in the unit.
  double memory = 0;          ///< Correlation of neighbouring runs.
  bool drifts = false;        ///< The level moves slowly by itself.
  bool own_shape = false;     ///< Far from normal (two speeds, one long side).
  std::optional<int> period;  ///< A season of this many runs was found and taken out.
};

struct ChangePoints {
  std::vector<ChangePoint> points;    ///< Ascending.
  HistoryNoise noise;                 ///< Of the newest part of the history.
  std::vector<std::string> warnings;  ///< To be shown with the result; whole sentences.
};

/// Fewer runs with a value than this are not judged: a warning says so.
inline constexpr std::size_t kHistoryRunsMin = 10;

/// A longer history is judged in overlapping parts of this many runs, so that cost is linear and
/// appending a run costs the same whatever the length.
inline constexpr std::size_t kHistoryPartRuns = 1024;

/// The change points of a history of any length. Programming errors: spans of different length,
/// options out of range. Cost: see docs/statistics.md; about 1 ms for 300 runs.
/// Checked against: simulated histories and tests/analysis/changepoint_test.cc (error rates).
ChangePoints FindChangePoints(const HistoryValues& history, const ChangePointOptions& options = {});

/// The same for a history that grows: after any number of Append, `Result` equals FindChangePoints
/// of all values so far. Keeps settled parts and their change points, so that the cost of Result is
/// bounded by kHistoryPartRuns. One owner; not thread-safe.
class ChangePointTracker {
 public:
  explicit ChangePointTracker(const ChangePointOptions& options = {});

  /// Adds the newest run. NaN: no value, or no known standard error.
  struct Run {
    double value = 0;
    double standard_error = 0;  ///< 0 or NaN: unknown.
  };

  void Append(const Run& run);

  /// Of all runs appended so far.
  ChangePoints Result() const;

 private:
  ChangePointOptions options_;
  std::vector<double> values_;
  std::vector<double> standard_errors_;
  std::size_t part_start_ = 0;  ///< Runs before it are settled.
  std::vector<ChangePoint> settled_;
};

}  // namespace weir::analysis
