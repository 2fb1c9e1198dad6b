#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/run.h"

namespace weir::reports {

/// The median response time of each step over a run, small enough for a line in a table: at most
/// kStepPoints values a step, whatever the run's length.
struct StepLines {
  std::uint32_t width_s = 1;  ///< Seconds that a value stands for.
  /// By step, then by time; no value where nothing was answered. In ns.
  std::vector<std::vector<std::optional<std::uint64_t>>> p50_ns;
};

inline constexpr std::uint32_t kStepPoints = 60;

/// Makes them of the seconds of a run, one at a time. One histogram a step in memory.
class StepLineMaker {
 public:
  /// `steps` of the run's plan; `seconds` is its length, more may come.
  StepLineMaker(std::size_t steps, std::uint32_t seconds);

  /// In order of second; both phases of one second count.
  void Add(std::uint32_t second, const StepRecord& record);

  StepLines Finish();

 private:
  void CloseColumn();

  StepLines lines_;
  std::vector<Histogram> open_;  ///< Of the column that is being filled, by step.
  std::uint32_t column_ = 0;
};

}  // namespace weir::reports
