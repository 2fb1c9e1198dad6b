#include "monitor/rules/series_track.h"

#include <algorithm>
#include <cmath>

namespace weir::monitor {

bool SeriesTrack::Add(const TrackPoint& point) {
  if (!std::isfinite(point.value) || (!points_.empty() && point.at <= points_.back().at)) {
    return false;
  }
  points_.push_back(point);
  if (points_.size() > kPoints) {
    points_.pop_front();
  }
  if (beginning_wants_ > 0) {
    beginning_.push_back(point);
    --beginning_wants_;
  }
  return true;
}

void SeriesTrack::MarkBeginning() {
  const std::size_t before = std::min(points_.size(), kPoints / 2);
  beginning_.assign(points_.end() - static_cast<std::ptrdiff_t>(before), points_.end());
  beginning_wants_ = kPoints / 2;
}

}  // namespace weir::monitor
