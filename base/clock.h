#pragma once

#include "base/time.h"

namespace weir {

/// Where logic reads the time. Passed in by reference, so that tests run on a fake one
/// (tests/support/manual_clock.h). Implementations: any thread may call.
class Clock {
 public:
  virtual ~Clock() = default;

  /// Monotonic time; never goes back.
  virtual Instant Now() const = 0;

  /// Civil time; may jump either way. For labels only.
  virtual WallTime WallNow() const = 0;
};

/// CLOCK_MONOTONIC and CLOCK_REALTIME. The only place of the program that reads them.
class SystemClock final : public Clock {
 public:
  Instant Now() const override;
  WallTime WallNow() const override;
};

}  // namespace weir
