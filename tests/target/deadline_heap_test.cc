#include "target/internal/deadline_heap.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace weir::target {
namespace {

using Node = DeadlineHeap::Node;

TEST(DeadlineHeapTest, GivesEqualDeadlinesInTheOrderOfScheduling) {
  std::vector<Node> nodes(50);
  DeadlineHeap heap;
  for (Node& node : nodes) {
    heap.Schedule(node, Instant(Nanos(7)));
  }
  for (Node& node : nodes) {
    ASSERT_EQ(&heap.front(), &node);
    heap.Remove(node);
  }
  EXPECT_TRUE(heap.empty());
}

TEST(DeadlineHeapTest, RemovingWhatIsNotInItDoesNothing) {
  Node in;
  Node out;
  DeadlineHeap heap;
  heap.Schedule(in, Instant(Nanos(1)));
  heap.Remove(out);
  EXPECT_EQ(heap.size(), 1U);
  EXPECT_FALSE(out.scheduled());
}

// Against the slow reference: a scan over all nodes that are in.
TEST(DeadlineHeapTest, FrontIsTheEarliestUnderRandomChanges) {
  std::vector<Node> nodes(64);
  DeadlineHeap heap;
  Rng rng(11);
  for (int step = 0; step < 20'000; ++step) {
    Node& node = nodes[rng.Below(nodes.size())];
    if (rng.Below(3) == 0) {
      heap.Remove(node);
    } else {
      heap.Schedule(node, Instant(Nanos(rng.Below(1000))));
    }
    Instant earliest = Instant::max();
    std::size_t scheduled = 0;
    for (const Node& other : nodes) {
      if (other.scheduled()) {
        earliest = std::min(earliest, other.at());
        ++scheduled;
      }
    }
    ASSERT_EQ(heap.size(), scheduled);
    ASSERT_TRUE(heap.empty() || heap.front().at() == earliest);
  }
}

}  // namespace
}  // namespace weir::target
