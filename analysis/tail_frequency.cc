#include "analysis/tail_frequency.h"

#include <limits>

namespace weir::analysis {

std::size_t TailFrequency::ClassOf(double extent) {
  if (extent < 1) {
    return extent > 0 ? static_cast<std::size_t>(extent * kInner) : 0;
  }
  std::size_t at = kInner;
  while (at + 1 < kClasses && extent >= kOuterEdges[at + 1 - kInner]) {
    ++at;
  }
  return at;
}

double TailFrequency::AtLeast(double extent) const {
  const std::size_t own = ClassOf(extent);
  std::uint32_t above = 0;
  for (std::size_t i = kClasses - 1; i > own; --i) {
    above += counts_[i];
  }
  // What lies in the class of `extent`, spread evenly over it; the last class has no end, and all
  // of it counts.
  double within = 1;
  if (own < kInner) {
    within = static_cast<double>(own + 1) - (extent > 0 ? extent * kInner : 0);
  } else if (own + 1 < kClasses) {
    const double low = kOuterEdges[own - kInner];
    const double high = kOuterEdges[own + 1 - kInner];
    within = (high - extent) / (high - low);
  }
  return (above + within * counts_[own] + 1) / (total_ + 1.0);
}

void TailFrequency::Count(double extent) {
  const std::size_t own = ClassOf(extent);
  if (counts_[own] == std::numeric_limits<std::uint16_t>::max()) {
    // Rounded up, so that what was seen once is never forgotten: that errs towards ordinary.
    total_ = 0;
    for (std::uint16_t& one : counts_) {
      one = static_cast<std::uint16_t>(one / 2 + one % 2);
      total_ += one;
    }
  }
  ++counts_[own];
  ++total_;
}

}  // namespace weir::analysis
