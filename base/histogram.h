#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/check.h"
#include "base/time.h"

namespace weir {

/// A high-dynamic-range histogram of latencies in nanoseconds: every value is kept to three
/// significant digits (relative error below 0.1 %); counts, sum and extremes are exact; memory is
/// fixed.
///
/// Range 0 .. 1 h. Longer values are recorded as 1 h and counted in saturated_count(). Counts add
/// up to less than 2^63. It takes 264 KiB of address space of which only touched pages become
/// resident, so an idle one costs next to nothing and one second of traffic some 10 to 60 KiB.
///
/// Two histograms merge without loss, in any order; percentiles are never averaged.
///
/// A histogram that was moved from is empty and may only be assigned to, merged from or
/// destroyed. Thread rule: one owner at a time.
///
/// Cost: Record is O(1) without branches on the data (budget 3 ns, tests/bench); Merge, Clear,
/// quantiles and iteration are linear in the span of buckets between the extremes.
///
/// Source: G. Tene, HdrHistogram; the same bucket layout as its Java and C versions have with
/// lowest value 1, highest value 3,600,000,000,000 and 3 significant digits.
class Histogram {
 public:
  static constexpr int kSignificantDigits = 3;
  static constexpr std::uint64_t kHighestNs = 3'600'000'000'000;  // 1 h
  static constexpr int kSubBucketBits = 11;                       // 2048 >= 2 * 10^3
  static constexpr std::uint32_t kSubBucketCount = 1U << kSubBucketBits;
  static constexpr std::uint32_t kSubBucketHalf = kSubBucketCount / 2;
  static constexpr std::uint32_t kOctaveCount = 32;  // 2048 << 31 > kHighestNs
  static constexpr std::uint32_t kCountsLength = (kOctaveCount + 1) * kSubBucketHalf;

  /// One non-empty bucket: all values in [lowest_ns, highest_ns] are the same to three digits.
  struct Bucket {
    std::uint64_t lowest_ns = 0;
    std::uint64_t highest_ns = 0;
    std::uint64_t count = 0;
  };

  Histogram();
  Histogram(const Histogram& other);
  Histogram& operator=(const Histogram& other);
  Histogram(Histogram&& other) noexcept;
  Histogram& operator=(Histogram&& other) noexcept;
  ~Histogram() = default;

  /// Counts one value. Negative spans count as 0: a caller that can produce them has a bug, but
  /// a run must not end for it.
  void Record(Nanos value) {
    RecordNs(value.count() < 0 ? 0 : static_cast<std::uint64_t>(value.count()), 1);
  }

  /// Counts `count` times the value `ns`.
  void RecordNs(std::uint64_t ns, std::uint64_t count) {
    if (__builtin_expect(ns > kHighestNs, 0)) {
      ns = kHighestNs;
      saturated_count_ += count;
    }
    if (count == 0) {
      return;  // Nothing was seen, so the extremes stay.
    }
    counts_[IndexOf(ns)] += count;
    total_count_ += count;
    sum_ns_ += Uint128{ns} * count;
    min_ns_ = ns < min_ns_ ? ns : min_ns_;
    max_ns_ = ns > max_ns_ ? ns : max_ns_;
  }

  /// Adds everything that `other` counted.
  void Merge(const Histogram& other);

  /// Puts back what encoded bytes cannot tell: the exact extremes and sum, which the store keeps
  /// beside them. The extremes are taken only if both lie in the outermost buckets, the sum only
  /// if values in these buckets can add up to it; so a damaged record cannot make a histogram
  /// contradict itself. No effect on an empty histogram.
  void RestoreExact(std::uint64_t min_ns, std::uint64_t max_ns, double sum_ns);

  /// Back to empty, keeping the memory.
  void Clear();

  bool empty() const { return total_count_ == 0; }

  std::uint64_t count() const { return total_count_; }

  /// How many values lay above 1 h and were recorded as 1 h.
  std::uint64_t saturated_count() const { return saturated_count_; }

  /// Exact smallest and largest value recorded (after decoding: the middle of the bucket, until
  /// RestoreExact). The histogram must not be empty.
  std::uint64_t min_ns() const;
  std::uint64_t max_ns() const;

  /// Sum of the recorded values in ns, exact but for the conversion; 0 when empty.
  double sum_ns() const { return static_cast<double>(sum_ns_); }

  /// Mean of the recorded values in ns (after decoding: of bucket midpoints). Must not be empty.
  double mean_ns() const;

  /// The smallest value v such that at least q * count() values are <= v, to three digits: the
  /// highest value of the bucket, but never above max_ns(). `q` in [0, 1]; q = 0 gives min_ns(),
  /// q = 1 max_ns(). A q such as 0.07 means the decimal fraction, not its nearest double below or
  /// above. The histogram must not be empty.
  std::uint64_t QuantileNs(double q) const;

  /// The value of rank `rank` (1 = smallest, count() = largest), resolved as by QuantileNs. For
  /// intervals by order statistics.
  std::uint64_t ValueAtRankNs(std::uint64_t rank) const;

  /// How many recorded values are <= `ns`; values in the bucket of `ns` count as <= `ns`.
  std::uint64_t CountAtOrBelowNs(std::uint64_t ns) const;

  /// Calls `visit(const Bucket&)` for every non-empty bucket, ascending.
  template <typename Visitor>
  void ForEachBucket(Visitor visit) const {
    if (empty()) {
      return;
    }
    const std::uint32_t last = IndexOf(max_ns_);
    for (std::uint32_t i = IndexOf(min_ns_); i <= last; ++i) {
      if (counts_[i] != 0) {
        visit(Bucket{LowestOf(i), HighestOf(i), counts_[i]});
      }
    }
  }

  /// Counts by bucket index, kCountsLength of them. For the codec and tests.
  std::span<const std::uint64_t> counts() const { return {counts_.get(), kCountsLength}; }

  /// True when the counts agree bucket by bucket.
  friend bool operator==(const Histogram& a, const Histogram& b);

  /// The bucket of the value `ns`; below kCountsLength for `ns` <= kHighestNs.
  static constexpr std::uint32_t IndexOf(std::uint64_t ns) {
    // Octave 0 holds [0, 2048) one by one; octave k > 0 holds [1024, 2048) << k in steps of 2^k.
    const int leading = __builtin_clzll(ns | (kSubBucketCount - 1));
    const int octave = 64 - kSubBucketBits - leading;
    const auto sub = static_cast<std::uint32_t>(ns >> octave);
    return (static_cast<std::uint32_t>(octave) << (kSubBucketBits - 1)) + sub;
  }

  /// The smallest and the largest value of the bucket `index`.
  static constexpr std::uint64_t LowestOf(std::uint32_t index) {
    const std::uint32_t octave = OctaveOf(index);
    return std::uint64_t{index - octave * kSubBucketHalf} << octave;
  }

  static constexpr std::uint64_t HighestOf(std::uint32_t index) {
    return LowestOf(index) + (std::uint64_t{1} << OctaveOf(index)) - 1;
  }

 private:
  __extension__ using Uint128 = unsigned __int128;

  // Pages of their own, not calloc: malloc's threshold for mapping pages adapts, and recycled
  // heap memory would have to be zeroed (and thereby made resident) as a whole.
  struct Unmap {
    void operator()(std::uint64_t* counts) const;
  };

  using Counts = std::unique_ptr<std::uint64_t[], Unmap>;

  static Counts MapCounts();

  static constexpr std::uint32_t OctaveOf(std::uint32_t index) {
    return index < kSubBucketCount ? 0 : (index >> (kSubBucketBits - 1)) - 1;
  }

  void ForgetTotals();

  Counts counts_;
  std::uint64_t total_count_ = 0;
  std::uint64_t saturated_count_ = 0;
  // The extremes also bound the non-zero counts: [IndexOf(min_ns_), IndexOf(max_ns_)].
  std::uint64_t min_ns_ = ~std::uint64_t{0};
  std::uint64_t max_ns_ = 0;
  // Integer, so that the sum does not depend on the order of recording and merging; 2^42 * 2^63
  // fits.
  Uint128 sum_ns_ = 0;
};

}  // namespace weir
