#pragma once

#include <array>
#include <cstdint>

#include "base/histogram.h"

namespace weir::analysis {

/// How many values fell where, at a fraction of a Histogram's resolution and memory: for statistics
/// that need many small ones at a time. 32 buckets an octave, so values are known to 3.1 %; below
/// 2,048 ns to 32 ns. Bucket edges are edges of Histogram's buckets. A bucket holds up to 2^32 - 1
/// values; what is more is not counted. Memory: 4 KiB, always. One owner.
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
  static constexpr std::uint32_t kShift = 5;
  static constexpr std::uint32_t kLength = Histogram::kCountsLength >> kShift;

  void Count(std::uint32_t index, std::uint64_t count);

  std::array<std::uint32_t, kLength> counts_{};
  std::uint64_t count_ = 0;
};

}  // namespace weir::analysis
