#pragma once

#include <atomic>
#include <cstdint>

#include "base/check.h"
#include "base/clock.h"
#include "base/time.h"

namespace weir::tests {

/// A clock that stands still until a test moves it. Starts at one hour of monotonic time (so that
/// instants before the start of a test exist) and at 2026-01-01T00:00:00Z of civil time.
/// Any thread may call; only one may move it.
class ManualClock final : public Clock {
 public:
  Instant Now() const override { return Instant(Nanos(now_ns_.load())); }

  WallTime WallNow() const override { return WallTime(Nanos(wall_ns_.load())); }

  /// Moves both times on by `span`, which must not be negative.
  void Advance(Nanos span) {
    WEIR_CHECK(span.count() >= 0);
    now_ns_ += span.count();
    wall_ns_ += span.count();
  }

  /// Moves both times on to the monotonic instant `at`, which must not lie in the past.
  void AdvanceTo(Instant at) { Advance(at - Now()); }

  /// Sets civil time alone, forwards or back, as an administrator or NTP may.
  void SetWall(WallTime at) { wall_ns_ = CountNs(at); }

 private:
  std::atomic<std::int64_t> now_ns_ = 3'600'000'000'000;
  std::atomic<std::int64_t> wall_ns_ = 1'767'225'600'000'000'000;
};

}  // namespace weir::tests
