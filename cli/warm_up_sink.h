#pragma once

#include <cstdint>

#include "analysis/warm_up_split.h"
#include "base/record_sink.h"
#include "scenarios/scenario.h"

namespace weir::cli {

class CertificateKeeper;

/// Passes a run's records on and, for a load with `warm_up: auto`, leaves its warm-up out when it
/// is over. Same thread rule as RecordSink.
class WarmUpSink final : public RecordSink {
 public:
  /// Both must outlive it.
  WarmUpSink(RecordSink& next, const scenarios::Scenario& scenario);

  void OnSecond(const SecondRecord& record) override;

  void OnResources(const ResourceSample& sample) override { next_.OnResources(sample); }

  void OnTarget(const TargetSample& sample) override { next_.OnTarget(sample); }

  /// Finds the end of the warm-up in the seconds of `keeper`: not before the load stays the same,
  /// not after the half of it. Does nothing to other loads.
  void LeaveOut(const CertificateKeeper& keeper, Run& run) const;

 private:
  RecordSink& next_;
  const scenarios::Scenario& scenario_;
  std::uint32_t end_s_ = 0;  ///< Whole seconds of the load.
  analysis::WarmUpSplit split_;
};

}  // namespace weir::cli
