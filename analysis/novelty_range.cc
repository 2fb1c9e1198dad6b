#include "analysis/novelty_range.h"

#include <algorithm>
#include <limits>

namespace weir::analysis {

double NoveltyRange::Extent(double value, double width_floor) const {
  if (count_ == 0) {
    return 0;
  }
  const double width = std::max(static_cast<double>(high_) - low_, width_floor);
  const double beyond = std::max(value - high_, low_ - value);
  if (width > 0) {
    return std::max(0.0, 1 + 2 * beyond / width);
  }
  return beyond > 0 ? std::numeric_limits<double>::infinity() : 0;
}

double NoveltyRange::Learn(double value, double width_floor) {
  const float capped = Capped(value, width_floor);
  Fade();
  Widen(capped, capped);
  ++count_;
  return capped;
}

void NoveltyRange::Fade() {
  const float step = kFade * (high_ - low_);
  low_ += step;
  high_ -= step;
}

float NoveltyRange::Capped(double value, double width_floor) const {
  const double reach = kWidenMax * std::max(static_cast<double>(high_) - low_, width_floor);
  // A range without width has nothing to measure a step by.
  const bool capped = count_ > kYoung && reach > 0;
  return static_cast<float>(capped ? std::clamp(value, low_ - reach, high_ + reach) : value);
}

void NoveltyRange::Widen(float low, float high) {
  low_ = count_ == 0 ? low : std::min(low_, low);
  high_ = count_ == 0 ? high : std::max(high_, high);
}

Interval NoveltyRange::WithSlack(double slack, double width_floor) const {
  const double margin = slack * std::max(static_cast<double>(high_) - low_, width_floor);
  return {.low = low_ - margin, .high = high_ + margin};
}

void DelayedRange::Learn(double value, double width_floor) {
  const float capped = range_.Capped(value, width_floor);
  range_.Fade();
  if (range_.count_ < kAtOnce) {
    range_.Widen(capped, capped);
    ++range_.count_;
    older_ = {.low = capped, .high = capped};
    return;
  }
  ++range_.count_;
  newer_ = filled_ == 0 ? Block{capped, capped}
                        : Block{std::min(newer_.low, capped), std::max(newer_.high, capped)};
  if (++filled_ == kBlock) {
    range_.Widen(older_.low, older_.high);
    older_ = newer_;
    filled_ = 0;
  }
}

}  // namespace weir::analysis
