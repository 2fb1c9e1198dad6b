#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/record_sink.h"

/// What waits to be written: a bounded queue that merges instead of dropping.
namespace weir::store::internal {

/// What one transaction writes.
struct Batch {
  std::vector<SecondRecord> seconds;  ///< At most one per second.
  std::vector<ResourceSample> resources;
  std::vector<TargetSample> target;
  std::uint64_t seconds_merged = 0;  ///< Since the start of the run.

  bool empty() const { return seconds.empty() && resources.empty() && target.empty(); }
};

/// Not thread-safe: its owner locks.
class BatchQueue {
 public:
  static constexpr std::size_t kResourcesMax = 64;

  explicit BatchQueue(std::size_t seconds_max) : seconds_max_(seconds_max) {}

  /// When full, the record joins the last second queued.
  void Push(const SecondRecord& record);

  /// When full, the sample joins the last one: processor time is cumulative, of the levels the
  /// higher one stays.
  void Push(const ResourceSample& sample);

  /// When full, the last sample gives way: a later level says more.
  void Push(const TargetSample& sample);

  bool empty() const { return waiting_.empty(); }

  /// Everything that waits; the queue is empty afterwards.
  Batch Take();

 private:
  const std::size_t seconds_max_;
  Batch waiting_;
};

}  // namespace weir::store::internal
