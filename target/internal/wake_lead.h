#pragma once

#include <algorithm>

#include "base/time.h"

namespace weir::target {

/// How long before a deadline the loop should be woken, so that it is awake when the deadline
/// comes. A sleeping thread is woken some microseconds late on a busy processor, but many tens on
/// an idle one in a virtual machine, so the lead follows what is observed: the lateness that one
/// wake in ten exceeds, and a margin. What is left of it is waited awake.
class WakeLead {
 public:
  static constexpr Nanos kMin = std::chrono::microseconds(30);

  /// Also the most that is ever waited awake for one deadline.
  static constexpr Nanos kMax = std::chrono::microseconds(100);

  /// kMin .. kMax.
  Nanos value() const { return std::max(kMin, ninth_decile_ + kMargin); }

  /// Takes note of a wake that came `lateness` after the instant asked for. Steps up nine times as
  /// far as down, which is in balance where one wake in ten is later; outliers do not drag it.
  void Observe(Nanos lateness) {
    const Nanos next = ninth_decile_ + (lateness > ninth_decile_ ? 9 * kStep : -kStep);
    ninth_decile_ = std::clamp(next, Nanos(0), kMax - kMargin);
  }

 private:
  static constexpr Nanos kMargin = std::chrono::microseconds(5);
  static constexpr Nanos kStep = Nanos(200);

  Nanos ninth_decile_ = kMin - kMargin;
};

}  // namespace weir::target
