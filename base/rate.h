#pragma once

#include <compare>

#include "base/time.h"

namespace weir {

/// Events per second, >= 0. A type of its own so that it is never mistaken for a span.
class Rate {
 public:
  constexpr Rate() = default;

  static constexpr Rate PerSecond(double value) { return Rate(value); }

  constexpr double per_second() const { return per_second_; }

  /// The gap between evenly spaced events. The rate must be above 1e-9 (a gap
  /// of 31 years).
  constexpr Nanos Gap() const { return FromSeconds(1.0 / per_second_); }

  /// Events expected within `span`.
  constexpr double Over(Nanos span) const { return per_second_ * Seconds(span); }

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 inside for a pointer.
  friend constexpr auto operator<=>(Rate, Rate) = default;

 private:
  explicit constexpr Rate(double value) : per_second_(value) {}

  double per_second_ = 0;
};

}  // namespace weir
