#include "analysis/coarse_counts.h"

#include <algorithm>
#include <limits>

namespace weir::analysis {

void CoarseCounts::Add(const Histogram& values) {
  values.ForEachBucket([this](const Histogram::Bucket& bucket) {
    Count(Histogram::IndexOf(bucket.lowest_ns) >> kShift, bucket.count);
  });
}

void CoarseCounts::Add(const CoarseCounts& other) {
  for (std::uint32_t i = 0; i < kLength; ++i) {
    Count(i, other.counts_[i]);
  }
}

void CoarseCounts::Count(std::uint32_t index, std::uint64_t count) {
  const std::uint64_t room = std::numeric_limits<std::uint32_t>::max() - counts_[index];
  const auto added = static_cast<std::uint32_t>(std::min(room, count));
  counts_[index] += added;
  count_ += added;
}

std::uint64_t CoarseCounts::CountAtOrBelowNs(std::uint64_t ns) const {
  const std::uint32_t limit = Histogram::IndexOf(std::min(ns, Histogram::kHighestNs)) >> kShift;
  std::uint64_t found = 0;
  for (std::uint32_t i = 0; i <= limit; ++i) {
    found += counts_[i];
  }
  return found;
}

Histogram CoarseCounts::ToHistogram() const {
  Histogram histogram;
  for (std::uint32_t i = 0; i < kLength; ++i) {
    const std::uint32_t lowest = i << kShift;
    const std::uint32_t highest = lowest + (1U << kShift) - 1;
    const std::uint64_t from = Histogram::LowestOf(lowest);
    histogram.RecordNs(from + (Histogram::HighestOf(highest) - from) / 2, counts_[i]);
  }
  return histogram;
}

}  // namespace weir::analysis
