#pragma once

#include <algorithm>

#include "base/time.h"

namespace weir::loadgen {

/// How late a sleeping thread wakes: a running estimate of one quantile of what it has seen. A
/// worker stops sleeping that much before a deadline. Its memory is some dozens of wake-ups, and
/// one wake-up moves it by at most 1/16, however late it was: a stall of the machine says nothing
/// about the next one.
///
/// Source: H. Robbins, S. Monro, "A Stochastic Approximation Method" (1951), for a quantile, with
/// steps in proportion to the estimate. In balance the share `quantile` of the values lies below.
/// One owner.
class WakeMargin {
 public:
  static constexpr Nanos kMin = std::chrono::microseconds(2);
  static constexpr Nanos kMax = std::chrono::microseconds(250);

  /// `quantile` in (0, 1).
  WakeMargin(double quantile, Nanos first_guess)
      : up_(kGain * quantile),
        down_(kGain * (1 - quantile)),
        ns_(static_cast<double>(first_guess.count())) {}

  Nanos Get() const { return Nanos(static_cast<Nanos::rep>(ns_)); }

  /// A wake-up that was to come `lateness` earlier.
  void Observe(Nanos lateness) {
    ns_ *= static_cast<double>(lateness.count()) > ns_ ? 1 + up_ : 1 - down_;
    ns_ = std::clamp(ns_, static_cast<double>(kMin.count()), static_cast<double>(kMax.count()));
  }

 private:
  static constexpr double kGain = 1.0 / 16;

  double up_;
  double down_;
  double ns_;
};

}  // namespace weir::loadgen
