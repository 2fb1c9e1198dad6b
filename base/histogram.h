#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>

#include "base/check.h"
#include "base/time.h"

namespace weir {

/// A high-dynamic-range histogram of latencies in nanoseconds: every value is kept to three
/// significant digits (relative error below 0.1 %), counts are exact, memory is fixed.
///
/// Range 1 ns .. 1 h (0 counts as its own value; longer values are recorded as 1 h and counted
/// in saturated_count()). About 270 KB of address space, of which only touched pages become
/// resident, so an idle one costs next to nothing.
///
/// Two histograms merge without loss, in any order; percentiles are never averaged.
/// Cost: Record is O(1) without branches on the data; Merge, Clear and iteration are linear in the
/// span of touched buckets. Thread rule: one owner at a time. Source: G. Tene, HdrHistogram (the
/// same bucket layout as its Java and C versions with lowest 1, highest 3,600,000,000,000, digits
/// 3).
class Histogram {
 public:
  static constexpr int kSignificantDigits = 3;
  static constexpr std::uint64_t kHighestNs = 3'600'000'000'000;  // 1 h
  static constexpr int kSubBucketBits = 11;                       // 2048 >= 2 * 10^3
  static constexpr std::uint32_t kSubBucketCount = 1U << kSubBucketBits;
  static constexpr std::uint32_t kSubBucketHalf = kSubBucketCount / 2;
  static constexpr std::uint32_t kBucketCount = 32;  // 2048 << 31 > kHighestNs
  static constexpr std::uint32_t kCountsLength = (kBucketCount + 1) * kSubBucketHalf;

  /// One non-empty bucket: all values in [lowest_ns, highest_ns] are the same to three digits.
  struct Bucket {
    std::uint64_t lowest_ns = 0;
    std::uint64_t highest_ns = 0;
    std::uint64_t count = 0;
  };

  Histogram();
  Histogram(const Histogram& other);
  Histogram& operator=(const Histogram& other);
  Histogram(Histogram&&) noexcept = default;
  Histogram& operator=(Histogram&&) noexcept = default;
  ~Histogram() = default;

  /// Counts one value. Negative spans count as 0: a caller that can produce them has a bug, but
  /// a run must not end for it.
  void Record(Nanos value) {
    RecordNs(value.count() < 0 ? 0 : static_cast<std::uint64_t>(value.count()), 1);
  }

  /// Counts `count` times the value `ns`.
  void RecordNs(std::uint64_t ns, std::uint64_t count) {
    if (ns > kHighestNs) {
      ns = kHighestNs;
      saturated_count_ += count;
    }
    const std::uint32_t index = IndexOf(ns);
    counts_[index] += count;
    total_count_ += count;
    lowest_index_ = index < lowest_index_ ? index : lowest_index_;
    highest_index_ = index > highest_index_ ? index : highest_index_;
    min_ns_ = ns < min_ns_ ? ns : min_ns_;
    max_ns_ = ns > max_ns_ ? ns : max_ns_;
    sum_ns_ += static_cast<double>(ns) * static_cast<double>(count);
  }

  /// Adds everything that `other` counted.
  void Merge(const Histogram& other);

  /// Puts back what the buckets cannot tell: the exact extremes and sum, kept beside encoded
  /// bytes. Each is taken only if it lies in (or, for the sum, is consistent with) the bucket it
  /// claims, so a damaged record cannot make a histogram contradict itself. No effect on an empty
  /// histogram.
  void RestoreExact(std::uint64_t min_ns, std::uint64_t max_ns, double sum_ns);

  /// Back to empty, keeping the memory.
  void Clear();

  bool empty() const { return total_count_ == 0; }

  std::uint64_t count() const { return total_count_; }

  /// How many values lay above 1 h and were recorded as 1 h.
  std::uint64_t saturated_count() const { return saturated_count_; }

  /// Exact smallest and largest value recorded (after decoding: to three digits). The histogram
  /// must not be empty.
  std::uint64_t min_ns() const;
  std::uint64_t max_ns() const;

  /// Sum of the recorded values in ns; 0 when empty.
  double sum_ns() const { return sum_ns_; }

  /// Mean of the recorded values in ns (after decoding: of bucket midpoints). Must not be empty.
  double mean_ns() const;

  /// The smallest value v such that at least q * count() values are <= v, to three digits: the
  /// highest value equivalent to the bucket, but never above max_ns(). `q` in [0, 1]; q = 0 gives
  /// min_ns(), q = 1 max_ns(). The histogram must not be empty. Cost: linear in the touched span.
  std::uint64_t QuantileNs(double q) const;

  /// The value of rank `rank` (1 = smallest, count() = largest), as QuantileNs. For
  /// order-statistics intervals.
  std::uint64_t ValueAtRankNs(std::uint64_t rank) const;

  /// How many recorded values are <= `ns`, to the resolution of the buckets.
  std::uint64_t CountAtOrBelowNs(std::uint64_t ns) const;

  /// Calls `visit(const Bucket&)` for every non-empty bucket, ascending.
  template <typename Visitor>
  void ForEachBucket(Visitor visit) const {
    if (empty()) {
      return;
    }
    for (std::uint32_t i = lowest_index_; i <= highest_index_; ++i) {
      if (counts_[i] != 0) {
        visit(Bucket{LowestOf(i), HighestOf(i), counts_[i]});
      }
    }
  }

  /// Counts by bucket index; indices outside [first, last] are zero. For the codec and tests.
  std::span<const std::uint64_t> counts() const { return {counts_.get(), kCountsLength}; }

  /// True when the counts agree bucket by bucket.
  friend bool operator==(const Histogram& a, const Histogram& b);

  static constexpr std::uint32_t IndexOf(std::uint64_t ns) {
    // floor(log2(value | mask)) - 10 is the bucket; its 11 leading bits are the sub-bucket.
    const int leading = __builtin_clzll(ns | (kSubBucketCount - 1));
    const int bucket = 64 - kSubBucketBits - leading;
    const auto sub = static_cast<std::uint32_t>(ns >> bucket);
    return (static_cast<std::uint32_t>(bucket) << (kSubBucketBits - 1)) + sub;
  }

  static constexpr std::uint64_t LowestOf(std::uint32_t index) {
    const std::uint32_t bucket = index < kSubBucketCount ? 0 : (index >> (kSubBucketBits - 1)) - 1;
    const std::uint64_t sub = index - (bucket << (kSubBucketBits - 1));
    return sub << bucket;
  }

  static constexpr std::uint64_t HighestOf(std::uint32_t index) {
    const std::uint32_t bucket = index < kSubBucketCount ? 0 : (index >> (kSubBucketBits - 1)) - 1;
    return LowestOf(index) + (std::uint64_t{1} << bucket) - 1;
  }

 private:
  struct Free {
    void operator()(std::uint64_t* counts) const { std::free(counts); }
  };

  // calloc, not new: untouched pages stay the kernel's shared zero page.
  std::unique_ptr<std::uint64_t[], Free> counts_;
  std::uint64_t total_count_ = 0;
  std::uint64_t saturated_count_ = 0;
  std::uint32_t lowest_index_ = kCountsLength;
  std::uint32_t highest_index_ = 0;
  std::uint64_t min_ns_ = ~std::uint64_t{0};
  std::uint64_t max_ns_ = 0;
  double sum_ns_ = 0;
};

}  // namespace weir
