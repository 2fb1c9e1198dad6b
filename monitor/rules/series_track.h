#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "base/time.h"
#include "base/verdict.h"

/// What is remembered of a series so that people can see it. Nothing is judged by it.
namespace weir::monitor {

/// A value as its rule took it.
struct TrackPoint {
  WallTime at{};
  double value = 0;                  ///< Finite.
  std::optional<Interval> expected;  ///< Where it was expected, as was thought before it came.
};

/// What a forecast expects; a value for each step, the same number of each.
struct ForecastFan {
  WallTime from{};  ///< The end of the last span that it knows; step i ends (i + 1) * every later.
  Nanos every{0};
  std::vector<double> expected;
  std::vector<double> low80;
  std::vector<double> high80;
  std::vector<double> low95;
  std::vector<double> high95;
};

/// The newest values of one series, and those around the beginning of its last alert. Copyable.
/// Memory: 40 bytes a point. Pure.
class SeriesTrack {
 public:
  static constexpr std::size_t kPoints = 120;

  /// Returns whether it is new: one that is not newer than the newest is left out.
  bool Add(const TrackPoint& point);

  /// An alert begins: half of kPoints from before it are kept, and as many that come.
  void MarkBeginning();

  /// The newest kPoints, ascending in time.
  const std::deque<TrackPoint>& points() const { return points_; }

  /// Around the beginning of the last alert, ascending in time; empty: none began yet.
  const std::vector<TrackPoint>& beginning() const { return beginning_; }

 private:
  std::deque<TrackPoint> points_;
  std::vector<TrackPoint> beginning_;
  std::size_t beginning_wants_ = 0;  // Points that are still to come.
};

}  // namespace weir::monitor
