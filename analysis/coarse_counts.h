#pragma once

#include <cstdint>
#include <vector>

#include "base/histogram.h"

namespace weir::analysis {

/// How many values fell where, at a sixteenth of a Histogram's resolution and a fraction of its
/// memory: for statistics that need many small ones at a time. 64 buckets an octave, so values are
/// known to 1.6 %; below 2,048 ns to 16 ns. Bucket edges are edges of Histogram's buckets.
/// Memory: 8 bytes a bucket between the smallest and the largest value, some 3 KiB for latencies
/// that span two decades. One owner.
class CoarseCounts {
 public:
  void Add(const Histogram& values);
  void Add(const CoarseCounts& other);

  std::uint64_t count() const { return count_; }

  bool empty() const { return count_ == 0; }

  /// How many values are <= `ns`; those in the bucket of `ns` count as <= `ns`.
  std::uint64_t CountAtOrBelowNs(std::uint64_t ns) const;

  /// Each value as the midpoint of its bucket.
  Histogram ToHistogram() const;

 private:
  static constexpr std::uint32_t kShift = 4;

  void Widen(std::uint32_t first, std::uint32_t last);

  std::uint32_t first_ = 0;  // Bucket of counts_[0].
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
};

}  // namespace weir::analysis
