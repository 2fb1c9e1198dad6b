#include "analysis/seasonal_profile.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace weir::analysis {
namespace {

// Division that rounds down, so that moments before the origin have their bins, too.
std::int64_t FloorDivide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

}  // namespace

SeasonalProfile::SeasonalProfile() {
  bins_.fill(std::numeric_limits<float>::quiet_NaN());
}

SeasonalProfile::Expectation SeasonalProfile::MoveTo(std::int64_t ticks, std::int64_t period) {
  WEIR_CHECK(period > 0);
  if (bin_ < 0 || ticks < visit_start_ || ticks >= visit_end_) {
    Enter(ticks, period);
  }
  return {.cycle = cycle_mean_, .week = before_};
}

void SeasonalProfile::Enter(std::int64_t ticks, std::int64_t period) {
  const std::int64_t cycle = FloorDivide(ticks, period);
  const auto week = static_cast<std::int32_t>(FloorDivide(cycle, kCycles));
  const std::int64_t into = ticks - cycle * period;
  // A period shorter than its bins leaves some of them unused.
  const double share = static_cast<double>(into) / static_cast<double>(period);
  const int hour = std::min(kBinsPerCycle - 1, static_cast<int>(share * kBinsPerCycle));
  const auto bin =
      static_cast<std::int16_t>((cycle - std::int64_t{week} * kCycles) * kBinsPerCycle + hour);
  const double width = static_cast<double>(period) / kBinsPerCycle;
  visit_start_ = cycle * period + static_cast<std::int64_t>(std::ceil(hour * width));
  visit_end_ = cycle * period + static_cast<std::int64_t>(std::ceil((hour + 1) * width));
  if (bin != bin_) {
    started_week_ = bin_ < 0 ? week : started_week_;
    bin_ = bin;
    before_ = bins_[static_cast<std::size_t>(bin)];
    const auto weeks = static_cast<float>(std::max(0, week - started_week_));
    visit_weight_ = std::isnan(before_) ? 1.0F : std::max(kVisitWeightMin, 1 / (weeks + 1));
    visit_mean_ = 0;
    visit_count_ = 0;
  }
  float sum = 0;
  int known = 0;
  for (int i = hour; i < kBins; i += kBinsPerCycle) {
    const float other = i == bin ? before_ : bins_[static_cast<std::size_t>(i)];
    sum += std::isnan(other) ? 0 : other;
    known += std::isnan(other) ? 0 : 1;
  }
  cycle_mean_ =
      known > 0 ? sum / static_cast<float>(known) : std::numeric_limits<float>::quiet_NaN();
}

void SeasonalProfile::Learn(double value) {
  WEIR_CHECK(bin_ >= 0);
  ++visit_count_;
  visit_mean_ += (static_cast<float>(value) - visit_mean_) / static_cast<float>(visit_count_);
  bins_[static_cast<std::size_t>(bin_)] =
      std::isnan(before_) ? visit_mean_ : before_ + visit_weight_ * (visit_mean_ - before_);
}

}  // namespace weir::analysis
