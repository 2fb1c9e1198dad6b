#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace weir::target {

/// A binary heap of deadlines that live inside their owners, so that one can be moved or taken out
/// in O(log n) and nothing is allocated once the heap has been at its largest. Equal deadlines come
/// out in the order in which they went in: after a stall, first come is first served.
class DeadlineHeap {
 public:
  /// Base of whatever waits. Must be out of the heap before it dies.
  class Node {
   public:
    Instant at() const { return at_; }

    bool scheduled() const { return position_ != kNowhere; }

   private:
    friend class DeadlineHeap;
    static constexpr std::size_t kNowhere = ~std::size_t{0};

    Instant at_;
    std::uint64_t order_ = 0;
    std::size_t position_ = kNowhere;
  };

  bool empty() const { return nodes_.empty(); }

  std::size_t size() const { return nodes_.size(); }

  /// The earliest; the heap must not be empty.
  Node& front() const { return *nodes_.front(); }

  /// Puts `node` in, or moves it if it is in already.
  void Schedule(Node& node, Instant at);

  /// Takes `node` out if it is in.
  void Remove(Node& node);

 private:
  static bool Before(const Node& a, const Node& b);
  void Place(Node& node, std::size_t position);
  void SiftUp(Node& node, std::size_t position);
  void SiftDown(Node& node, std::size_t position);
  void Restore(Node& node, std::size_t position);

  std::vector<Node*> nodes_;
  std::uint64_t next_order_ = 0;
};

}  // namespace weir::target
