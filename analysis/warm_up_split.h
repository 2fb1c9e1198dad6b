#pragma once

#include <cstdint>
#include <vector>

#include "base/run.h"

namespace weir::analysis {

/// Takes the beginning of a run out of its figures when the run is over and it is known where the
/// warm-up ended (`warm_up: auto`). Keeps the first half of the load in at most kBlocksMax sums of
/// equally many seconds, whole histograms by step. Thread rule: one thread.
class WarmUpSplit {
 public:
  static constexpr std::size_t kBlocksMax = 32;

  /// `load_end_s`: whole seconds that the load lasts; the warm-up ends in their first half.
  explicit WarmUpSplit(std::uint32_t load_end_s);

  /// Any order.
  void Add(const SecondRecord& record);

  /// Makes what ended before `end_s`, or the first second after it at which a block begins, the
  /// warm-up of the run: plan, measured time and totals. A request counts for the phase in which it
  /// ended, so those in flight at that instant are planned in the measured part. `run` has none
  /// yet.
  void Apply(std::uint32_t end_s, Run& run) const;

 private:
  std::uint32_t half_s_ = 0;
  std::uint32_t width_s_ = 1;
  std::vector<std::vector<StepRecord>> blocks_;  ///< Of the first half; in each one per step.
  std::vector<StepRecord> rest_;
};

}  // namespace weir::analysis
