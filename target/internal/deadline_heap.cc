#include "target/internal/deadline_heap.h"

#include "base/check.h"

namespace weir::target {

bool DeadlineHeap::Before(const Node& a, const Node& b) {
  return a.at_ != b.at_ ? a.at_ < b.at_ : a.order_ < b.order_;
}

void DeadlineHeap::Place(Node& node, std::size_t position) {
  nodes_[position] = &node;
  node.position_ = position;
}

void DeadlineHeap::SiftUp(Node& node, std::size_t position) {
  while (position > 0) {
    const std::size_t parent = (position - 1) / 2;
    if (!Before(node, *nodes_[parent])) {
      break;
    }
    Place(*nodes_[parent], position);
    position = parent;
  }
  Place(node, position);
}

void DeadlineHeap::SiftDown(Node& node, std::size_t position) {
  while (true) {
    std::size_t child = 2 * position + 1;
    if (child >= nodes_.size()) {
      break;
    }
    if (child + 1 < nodes_.size() && Before(*nodes_[child + 1], *nodes_[child])) {
      ++child;
    }
    if (!Before(*nodes_[child], node)) {
      break;
    }
    Place(*nodes_[child], position);
    position = child;
  }
  Place(node, position);
}

void DeadlineHeap::Restore(Node& node, std::size_t position) {
  if (position > 0 && Before(node, *nodes_[(position - 1) / 2])) {
    SiftUp(node, position);
  } else {
    SiftDown(node, position);
  }
}

void DeadlineHeap::Schedule(Node& node, Instant at) {
  node.at_ = at;
  node.order_ = next_order_++;
  if (!node.scheduled()) {
    nodes_.push_back(&node);
    node.position_ = nodes_.size() - 1;
  }
  Restore(node, node.position_);
}

void DeadlineHeap::Remove(Node& node) {
  if (!node.scheduled()) {
    return;
  }
  const std::size_t hole = node.position_;
  WEIR_CHECK(nodes_[hole] == &node);
  Node& last = *nodes_.back();
  nodes_.pop_back();
  node.position_ = Node::kNowhere;
  if (&last != &node) {
    Restore(last, hole);
  }
}

}  // namespace weir::target
