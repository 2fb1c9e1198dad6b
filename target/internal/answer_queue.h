#pragma once

#include <cstddef>
#include <vector>

#include "base/check.h"
#include "base/time.h"
#include "target/request_parser.h"

namespace weir::target {

/// An answer that waits for its time, or for the answers before it.
struct PendingAnswer {
  /// The interim `100 Continue`: no request of its own, so no draw and no line in the truth.
  static constexpr int kContinue = 100;

  Instant arrival;
  Instant release;
  Nanos planned{0};
  int status = 0;
  Persistence persistence = Persistence::kKeep;
  AnswerBody body = AnswerBody::kWith;
};

/// First in, first out, in a ring that never shrinks: a connection in its stride allocates nothing.
class AnswerQueue {
 public:
  bool empty() const { return size_ == 0; }

  std::size_t size() const { return size_; }

  /// The i-th from the front; i < size().
  const PendingAnswer& operator[](std::size_t i) const { return ring_[Slot(i)]; }

  const PendingAnswer& front() const { return ring_[head_]; }

  void Push(const PendingAnswer& answer) {
    if (size_ == ring_.size()) {
      Grow();
    }
    ring_[Slot(size_)] = answer;
    ++size_;
  }

  void Pop() {
    WEIR_CHECK(size_ > 0);
    head_ = Slot(1);
    --size_;
  }

 private:
  static constexpr std::size_t kInitialSlots = 4;

  /// The number of slots is a power of two.
  std::size_t Slot(std::size_t i) const { return (head_ + i) & (ring_.size() - 1); }

  void Grow() {
    std::vector<PendingAnswer> larger(ring_.empty() ? kInitialSlots : 2 * ring_.size());
    for (std::size_t i = 0; i < size_; ++i) {
      larger[i] = ring_[Slot(i)];
    }
    ring_.swap(larger);
    head_ = 0;
  }

  std::vector<PendingAnswer> ring_;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace weir::target
