#include "analysis/coarse_counts.h"

#include <algorithm>

namespace weir::analysis {

void CoarseCounts::Add(const Histogram& values) {
  if (values.empty()) {
    return;
  }
  Widen(Histogram::IndexOf(values.min_ns()) >> kShift,
        Histogram::IndexOf(values.max_ns()) >> kShift);
  values.ForEachBucket([this](const Histogram::Bucket& bucket) {
    counts_[(Histogram::IndexOf(bucket.lowest_ns) >> kShift) - first_] += bucket.count;
  });
  count_ += values.count();
}

void CoarseCounts::Add(const CoarseCounts& other) {
  if (other.empty()) {
    return;
  }
  const auto length = static_cast<std::uint32_t>(other.counts_.size());
  Widen(other.first_, other.first_ + length - 1);
  for (std::uint32_t i = 0; i < length; ++i) {
    counts_[other.first_ + i - first_] += other.counts_[i];
  }
  count_ += other.count_;
}

std::uint64_t CoarseCounts::CountAtOrBelowNs(std::uint64_t ns) const {
  const std::uint32_t limit = Histogram::IndexOf(std::min(ns, Histogram::kHighestNs)) >> kShift;
  std::uint64_t found = 0;
  for (std::size_t i = 0; i < counts_.size() && first_ + i <= limit; ++i) {
    found += counts_[i];
  }
  return found;
}

Histogram CoarseCounts::ToHistogram() const {
  Histogram histogram;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const std::uint32_t lowest = (first_ + static_cast<std::uint32_t>(i)) << kShift;
    const std::uint32_t highest = lowest + (1U << kShift) - 1;
    const std::uint64_t from = Histogram::LowestOf(lowest);
    histogram.RecordNs(from + (Histogram::HighestOf(highest) - from) / 2, counts_[i]);
  }
  return histogram;
}

// To the buckets needed and not one more: a vector that grows by doubling would take twice that.
void CoarseCounts::Widen(std::uint32_t first, std::uint32_t last) {
  if (!counts_.empty()) {
    first = std::min(first, first_);
    last = std::max(last, first_ + static_cast<std::uint32_t>(counts_.size()) - 1);
    if (last - first + 1 == counts_.size()) {
      return;
    }
  }
  std::vector<std::uint64_t> wider(last - first + 1);
  std::copy(counts_.begin(), counts_.end(), wider.begin() + (counts_.empty() ? 0 : first_ - first));
  counts_ = std::move(wider);
  first_ = first;
}

}  // namespace weir::analysis
