#pragma once

#include <array>
#include <cstdint>

#include "base/record_sink.h"
#include "loadgen/engine.h"
#include "loadgen/prepared.h"

/// Takes apart what a run against a pair of targets measured: step `i` of side `s` was recorded as
/// step s * steps_per_side + i.
namespace weir::loadgen {

/// Passes each side's records on to a sink of its own. What the generator used is not known by
/// side: both get all of it. Same thread rule as RecordSink.
class SideSplitter final : public RecordSink {
 public:
  /// The sinks must outlive it.
  SideSplitter(const std::array<RecordSink*, kSidesMax>& sinks, std::uint32_t steps_per_side)
      : sinks_(sinks), steps_per_side_(steps_per_side) {}

  void OnSecond(const SecondRecord& record) override;
  void OnResources(const ResourceSample& sample) override;
  void OnTarget(const TargetSample& sample) override;

 private:
  std::array<RecordSink*, kSidesMax> sinks_;
  std::uint32_t steps_per_side_;
};

/// Two results: totals and `answered` by side, everything else in both.
std::array<EngineResult, kSidesMax> SplitResult(const EngineResult& result,
                                                std::uint32_t steps_per_side);

/// Some request of `record` was answered, rightly or wrongly.
bool HasAnswer(const StepRecord& record);

}  // namespace weir::loadgen
