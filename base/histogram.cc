#include "base/histogram.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>

namespace weir {
namespace {

std::uint64_t* AllocateCounts() {
  void* memory = std::calloc(Histogram::kCountsLength, sizeof(std::uint64_t));
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return static_cast<std::uint64_t*>(memory);
}

}  // namespace

Histogram::Histogram() : counts_(AllocateCounts()) {}

Histogram::Histogram(const Histogram& other) : Histogram() {
  Merge(other);
}

Histogram& Histogram::operator=(const Histogram& other) {
  if (this != &other) {
    Clear();
    Merge(other);
  }
  return *this;
}

void Histogram::Merge(const Histogram& other) {
  if (other.empty()) {
    return;
  }
  for (std::uint32_t i = other.lowest_index_; i <= other.highest_index_; ++i) {
    counts_[i] += other.counts_[i];
  }
  total_count_ += other.total_count_;
  saturated_count_ += other.saturated_count_;
  lowest_index_ = std::min(lowest_index_, other.lowest_index_);
  highest_index_ = std::max(highest_index_, other.highest_index_);
  min_ns_ = std::min(min_ns_, other.min_ns_);
  max_ns_ = std::max(max_ns_, other.max_ns_);
  sum_ns_ += other.sum_ns_;
}

void Histogram::RestoreExact(std::uint64_t min_ns, std::uint64_t max_ns, double sum_ns) {
  if (empty() || min_ns > max_ns || max_ns > kHighestNs) {
    return;
  }
  if (IndexOf(min_ns) == lowest_index_ && IndexOf(max_ns) == highest_index_) {
    min_ns_ = min_ns;
    max_ns_ = max_ns;
  }
  const double tolerance = sum_ns_ * 1e-3 + static_cast<double>(total_count_);
  if (std::fabs(sum_ns - sum_ns_) <= tolerance) {
    sum_ns_ = sum_ns;
  }
}

void Histogram::Clear() {
  if (!empty()) {
    std::memset(&counts_[lowest_index_], 0,
                (highest_index_ - lowest_index_ + 1) * sizeof(std::uint64_t));
  }
  total_count_ = 0;
  saturated_count_ = 0;
  lowest_index_ = kCountsLength;
  highest_index_ = 0;
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
  return sum_ns_ / static_cast<double>(total_count_);
}

std::uint64_t Histogram::QuantileNs(double q) const {
  WEIR_CHECK(q >= 0 && q <= 1);
  WEIR_CHECK(!empty());
  const double rank = std::ceil(q * static_cast<double>(total_count_));
  return ValueAtRankNs(
      std::clamp<std::uint64_t>(static_cast<std::uint64_t>(rank), 1, total_count_));
}

std::uint64_t Histogram::ValueAtRankNs(std::uint64_t rank) const {
  WEIR_CHECK(rank >= 1);
  WEIR_CHECK(rank <= total_count_);
  if (rank == 1) {
    return min_ns_;
  }
  std::uint64_t seen = 0;
  for (std::uint32_t i = lowest_index_; i <= highest_index_; ++i) {
    seen += counts_[i];
    if (seen >= rank) {
      return std::min(HighestOf(i), max_ns_);
    }
  }
  return max_ns_;
}

std::uint64_t Histogram::CountAtOrBelowNs(std::uint64_t ns) const {
  if (empty() || ns < min_ns_) {
    return 0;
  }
  if (ns >= max_ns_) {
    return total_count_;
  }
  const std::uint32_t last = std::min(IndexOf(ns), highest_index_);
  std::uint64_t seen = 0;
  for (std::uint32_t i = lowest_index_; i <= last; ++i) {
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
  return a.lowest_index_ == b.lowest_index_ && a.highest_index_ == b.highest_index_ &&
         std::equal(&a.counts_[a.lowest_index_], &a.counts_[a.highest_index_] + 1,
                    &b.counts_[b.lowest_index_]);
}

}  // namespace weir
