#pragma once

#include <cstdint>

#include "base/verdict.h"

/// How far a value lies from all that were seen before it, without a distribution: the building
/// block of the anomaly detector. Among n exchangeable values the next one is a record on either
/// side with probability 2 / (n + 1), whatever they are distributed as; so records become rare by
/// themselves, and what is left to decide is by how much one must stand out.
/// Source: Arnold, Balakrishnan and Nagaraja, "Records" (1998), section 2.3.
namespace weir::analysis {

/// The range of everything seen, which slowly forgets. Plain state: copyable, no allocation. All
/// values must be finite and below 1e30 in size. `width_floor` is the least width to reckon with;
/// 0 leaves the range its own.
class NoveltyRange {
 public:
  /// A value's place: 0 in the middle of the range, 1 at its edges, and beyond them 1 more for each
  /// half width. Infinite when the range has no width and `value` lies outside. 0 before the first
  /// Learn.
  double Extent(double value, double width_floor) const;

  /// Lets the range shrink by kFade at each end, then widens it to hold `value`, but by at most
  /// kWidenMax widths, so that one absurd value does not hide for ever what comes after it. Returns
  /// the value as far as it was believed.
  double Learn(double value, double width_floor);

  /// How many values were learnt.
  std::uint32_t count() const { return count_; }

  /// The range with `slack` widths added at each end.
  Interval WithSlack(double slack, double width_floor) const;

  static constexpr float kFade = 1e-5F;    ///< Of the width, at each end, for each value.
  static constexpr double kWidenMax = 30;  ///< Not applied to the first kYoung values.
  static constexpr std::uint32_t kYoung = 20;

 private:
  friend class DelayedRange;

  void Fade();
  float Capped(double value, double width_floor) const;
  void Widen(float low, float high);

  float low_ = 0;
  float high_ = 0;
  std::uint32_t count_ = 0;
};

/// The same, but what was seen in the last kBlock to 2 * kBlock values does not count yet: a slow
/// departure cannot take the range along with it. The first kAtOnce values count at once.
class DelayedRange {
 public:
  double Extent(double value, double width_floor) const {
    return range_.Extent(value, width_floor);
  }

  void Learn(double value, double width_floor);

  std::uint32_t count() const { return range_.count(); }

  Interval WithSlack(double slack, double width_floor) const {
    return range_.WithSlack(slack, width_floor);
  }

  static constexpr std::uint8_t kBlock = 24;
  static constexpr std::uint32_t kAtOnce = 100;

 private:
  struct Block {
    float low = 0;
    float high = 0;
  };

  NoveltyRange range_;
  Block older_;
  Block newer_;
  std::uint8_t filled_ = 0;  // Values in newer_.
};

}  // namespace weir::analysis
