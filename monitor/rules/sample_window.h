#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace weir::monitor {

/// What is made of the samples of a series in a window.
enum class WindowTake : std::uint8_t {
  kLast,  ///< The newest; needs no window.
  kRate,  ///< Increase per second of a counter; one that fell was started anew from 0.
  kMean,
  kMin,
  kMax,
  kDelta,  ///< The newest less the oldest.
};

struct WindowSpec {
  WindowTake take = WindowTake::kLast;
  Nanos span{0};  ///< > 0 but for kLast.

  friend bool operator==(const WindowSpec&, const WindowSpec&) = default;
};

/// The samples of one series that are not older than a span. Pure.
class SampleWindow {
 public:
  /// When there are more, every second one of the older half goes: a window that is longer than a
  /// source's interval allows for becomes coarser, not larger.
  static constexpr std::size_t kPointsMax = 1024;

  /// Times come in their order; one that is not later than the last is left out. So is NaN.
  void Add(const WindowSpec& spec, WallTime at, double value);

  /// Nothing while there is no sample (for a rate or a difference: two); a mean, minimum or maximum
  /// is of what is there, also before the window is full.
  std::optional<double> Take(const WindowSpec& spec) const;

 private:
  struct Point {
    WallTime at{};
    double value = 0;
  };

  void Thin();
  std::optional<double> Rate() const;

  std::deque<Point> points_;
};

/// "last", "rate", "mean", "min", "max", "delta".
std::string_view WindowTakeName(WindowTake take);

}  // namespace weir::monitor
