#include "base/histogram.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <utility>

#include <sys/mman.h>

namespace weir {
namespace {

constexpr std::size_t kCountsBytes = Histogram::kCountsLength * sizeof(std::uint64_t);

// q * count carries two roundings, of q and of the product. Without forgiving them the 7 %
// quantile of 100 values would have rank 8, because 0.07 * 100 > 7 in doubles.
std::uint64_t RankOf(double q, std::uint64_t count) {
  const auto n = static_cast<double>(count);
  const double rank = std::ceil(q * n * (1 - 0x1p-51));
  return rank >= n ? count : std::max<std::uint64_t>(static_cast<std::uint64_t>(rank), 1);
}

}  // namespace

Histogram::Counts Histogram::MapCounts() {
  void* memory =
      mmap(nullptr, kCountsBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::bad_alloc();
  }
  // Neighbouring histograms may form one region; a huge page would make all of it resident.
  madvise(memory, kCountsBytes, MADV_NOHUGEPAGE);
  return Counts(static_cast<std::uint64_t*>(memory));
}

void Histogram::Unmap::operator()(std::uint64_t* counts) const {
  munmap(counts, kCountsBytes);
}

Histogram::Histogram() : counts_(MapCounts()) {}

Histogram::Histogram(const Histogram& other) : Histogram() {
  Merge(other);
}

Histogram& Histogram::operator=(const Histogram& other) {
  if (this != &other) {
    if (counts_ == nullptr) {
      counts_ = MapCounts();
    }
    Clear();
    Merge(other);
  }
  return *this;
}

Histogram::Histogram(Histogram&& other) noexcept
    : counts_(std::move(other.counts_)),
      total_count_(other.total_count_),
      saturated_count_(other.saturated_count_),
      min_ns_(other.min_ns_),
      max_ns_(other.max_ns_),
      sum_ns_(other.sum_ns_) {
  other.ForgetTotals();
}

Histogram& Histogram::operator=(Histogram&& other) noexcept {
  if (this != &other) {
    counts_ = std::move(other.counts_);
    total_count_ = other.total_count_;
    saturated_count_ = other.saturated_count_;
    min_ns_ = other.min_ns_;
    max_ns_ = other.max_ns_;
    sum_ns_ = other.sum_ns_;
    other.ForgetTotals();
  }
  return *this;
}

void Histogram::Merge(const Histogram& other) {
  if (other.empty()) {
    return;
  }
  const std::uint32_t last = IndexOf(other.max_ns_);
  for (std::uint32_t i = IndexOf(other.min_ns_); i <= last; ++i) {
    counts_[i] += other.counts_[i];
  }
  total_count_ += other.total_count_;
  saturated_count_ += other.saturated_count_;
  min_ns_ = std::min(min_ns_, other.min_ns_);
  max_ns_ = std::max(max_ns_, other.max_ns_);
  sum_ns_ += other.sum_ns_;
}

void Histogram::RestoreExact(std::uint64_t min_ns, std::uint64_t max_ns, double sum_ns) {
  if (empty()) {
    return;
  }
  const bool possible =
      min_ns <= max_ns && max_ns <= kHighestNs && (count() > 1 || min_ns == max_ns);
  if (possible && IndexOf(min_ns) == IndexOf(min_ns_) && IndexOf(max_ns) == IndexOf(max_ns_)) {
    min_ns_ = min_ns;
    max_ns_ = max_ns;
  }
  double sum_min = 0;
  double sum_max = 0;
  ForEachBucket([&](const Bucket& bucket) {
    const auto n = static_cast<double>(bucket.count);
    sum_min += n * static_cast<double>(std::max(bucket.lowest_ns, min_ns_));
    sum_max += n * static_cast<double>(std::min(bucket.highest_ns, max_ns_));
  });
  // The slack is for the rounding of both sides, far below the width of a bucket.
  if (sum_ns >= sum_min * (1 - 1e-12) && sum_ns <= sum_max * (1 + 1e-12)) {
    sum_ns_ = static_cast<Uint128>(std::round(sum_ns));
  }
}

void Histogram::Clear() {
  if (!empty()) {
    const std::uint32_t first = IndexOf(min_ns_);
    std::memset(&counts_[first], 0, (IndexOf(max_ns_) - first + 1) * sizeof(std::uint64_t));
  }
  ForgetTotals();
}

void Histogram::ForgetTotals() {
  total_count_ = 0;
  saturated_count_ = 0;
  min_ns_ = ~std::uint64_t{0};
  max_ns_ = 0;
  sum_ns_ = 0;
}

std::uint64_t Histogram::min_ns() const {
  WEIR_CHECK(!empty());
  return min_ns_;
}

std::uint64_t Histogram::max_ns() const {
  WEIR_CHECK(!empty());
  return max_ns_;
}

double Histogram::mean_ns() const {
  WEIR_CHECK(!empty());
  return sum_ns() / static_cast<double>(total_count_);
}

std::uint64_t Histogram::QuantileNs(double q) const {
  WEIR_CHECK(q >= 0);
  WEIR_CHECK(q <= 1);
  WEIR_CHECK(!empty());
  return ValueAtRankNs(RankOf(q, total_count_));
}

std::uint64_t Histogram::ValueAtRankNs(std::uint64_t rank) const {
  WEIR_CHECK(rank >= 1);
  WEIR_CHECK(rank <= total_count_);
  if (rank == 1) {
    return min_ns_;
  }
  std::uint64_t seen = 0;
  const std::uint32_t last = IndexOf(max_ns_);
  for (std::uint32_t i = IndexOf(min_ns_); i < last; ++i) {
    seen += counts_[i];
    if (seen >= rank) {
      return HighestOf(i);
    }
  }
  return max_ns_;
}

std::uint64_t Histogram::CountAtOrBelowNs(std::uint64_t ns) const {
  if (empty()) {
    return 0;
  }
  if (ns >= max_ns_) {
    return total_count_;
  }
  std::uint64_t seen = 0;
  const std::uint32_t last = IndexOf(ns);
  for (std::uint32_t i = IndexOf(min_ns_); i <= last; ++i) {
    seen += counts_[i];
  }
  return seen;
}

bool operator==(const Histogram& a, const Histogram& b) {
  if (a.total_count_ != b.total_count_) {
    return false;
  }
  if (a.empty()) {
    return true;
  }
  const std::uint32_t first = Histogram::IndexOf(a.min_ns_);
  const std::uint32_t last = Histogram::IndexOf(a.max_ns_);
  return first == Histogram::IndexOf(b.min_ns_) && last == Histogram::IndexOf(b.max_ns_) &&
         std::equal(&a.counts_[first], &a.counts_[last] + 1, &b.counts_[first]);
}

}  // namespace weir
