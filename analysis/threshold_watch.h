#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "analysis/thresholds.h"
#include "base/run.h"

namespace weir::analysis {

/// Holds thresholds with a window or an end (`over 10s`, `abort after 30s`) against a run while it
/// goes on.
///
/// A window slides by tenths of its length over the whole seconds of the measured part; only whole
/// ones count, and of those only the ones with enough requests for the metric. The threshold fails
/// when one window surely breaks it. An end without a window looks once a second at all that was
/// measured so far. Requests count for the second in which they ended (planned ones: in which they
/// were due); those of the drain are in no window.
///
/// Memory: eleven histograms for each threshold. Thread rule: one thread.
class ThresholdWatch {
 public:
  /// Of its thresholds, those without a window and an end are passed over.
  explicit ThresholdWatch(const RunPlan& plan);

  /// Seconds ascend; one may come again, as long as no later one has come.
  void Add(const SecondRecord& record);

  /// The run is over, `duration` after its start.
  void Finish(Nanos duration);

  /// Why the run is to end: the first threshold that has not held for its Threshold::abort_after.
  /// No value while there is none.
  const std::optional<std::string>& broken() const { return broken_; }

  /// The results of the run: of thresholds with a window what was seen, of the others Evaluate; one
  /// that ended the run has failed.
  std::vector<ThresholdResult> Judge(const Run& run) const;

 private:
  /// A stretch of `stride` seconds, or the last ones of less.
  struct Block {
    std::uint32_t seconds = 0;
    ThresholdFigures figures;
  };

  struct Watched {
    std::size_t index = 0;  ///< Of the threshold.
    Threshold threshold;
    ThresholdSteps steps;
    std::uint32_t stride = 1;
    std::uint32_t blocks_max = 1;  ///< Of a window; 0: all that came so far is one block.
    std::deque<Block> blocks;      ///< The last one is filling.
    ThresholdResult worst;         ///< Of all windows so far.
    std::uint32_t broken_for_s = 0;
    bool ended_run = false;
  };

  void AddTo(Watched& watched, const SecondRecord& record) const;
  void CloseSecond();
  void Close(Watched& watched);
  void Look(Watched& watched);

  std::vector<Watched> watched_;
  std::uint32_t first_s_ = 0;            ///< Of the whole seconds of the measured part.
  std::uint32_t end_s_ = 0;              ///< Behind the last of them.
  std::optional<std::uint32_t> second_;  ///< The one that is filling.
  std::optional<std::string> broken_;
};

}  // namespace weir::analysis
