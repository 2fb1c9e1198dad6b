#pragma once

#include "base/result.h"
#include "base/run.h"

namespace weir {

/// Where a run's records go while it runs. loadgen calls it, cli connects it to the store, so
/// that neither knows the other.
///
/// Thread rule: one thread, the one that drives the run; never a worker. Order: OnSecond in
/// ascending order of second (a second may come again for late requests; records add up), any
/// number of OnResources.
class RecordSink {
 public:
  virtual ~RecordSink() = default;

  /// One second is over. The record is valid during the call only.
  virtual void OnSecond(const SecondRecord& record) = 0;

  virtual void OnResources(const ResourceSample& sample) = 0;

  /// What the watched target used; seconds ascend. Sinks that do not care leave it out.
  virtual void OnTarget(const TargetSample& /*sample*/) {}
};

}  // namespace weir
