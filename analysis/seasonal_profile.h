#pragma once

#include <array>
#include <cstdint>

/// What a series usually is at this time of the day and of the week, learnt in one pass.
namespace weir::analysis {

/// A table of 24 bins for each of seven cycles: the hours of a week, when a cycle is a day. From it
/// come two expectations: the cycle's (mean of this bin over the other cycles) and the week's (this
/// very bin one week earlier and before). A value never contributes to its own expectation, nor do
/// its neighbours in the same visit of the bin. Plain state: copyable, no allocation.
class SeasonalProfile {
 public:
  static constexpr int kCycles = 7;
  static constexpr int kBinsPerCycle = 24;

  SeasonalProfile();

  /// What to expect, as a difference to the origin of the values; NaN where nothing is known.
  struct Expectation {
    double cycle;
    double week;
  };

  /// Goes to the bin of a moment: `ticks` since any fixed origin, `period` > 0 ticks per cycle.
  Expectation MoveTo(std::int64_t ticks, std::int64_t period);

  /// Takes up a value (as a difference to the origin) at the bin of the last MoveTo.
  void Learn(double value);

  /// A week's visit of a bin moves it by 1 / (weeks + 1) of the difference, but at least by this.
  static constexpr float kVisitWeightMin = 0.3F;

 private:
  static constexpr int kBins = kCycles * kBinsPerCycle;

  void Enter(std::int64_t ticks, std::int64_t period);

  std::array<float, kBins> bins_{};  // NaN = never visited.
  float before_ = 0;                 // The current bin before this visit.
  float cycle_mean_ = 0;             // Of this bin over the other cycles.
  float visit_mean_ = 0;
  float visit_weight_ = 1;
  std::int64_t visit_start_ = 0;  // Ticks between which the bin does not change.
  std::int64_t visit_end_ = 0;
  std::uint32_t visit_count_ = 0;
  std::int32_t started_week_ = 0;
  std::int16_t bin_ = -1;
};

}  // namespace weir::analysis
