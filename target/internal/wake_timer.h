#pragma once

#include <optional>
#include <utility>

#include <uv.h>

#include "base/time.h"

namespace weir::target {

/// Wakes the loop at an absolute nanosecond of CLOCK_MONOTONIC, through a timerfd: libuv's own
/// timers count whole milliseconds. It only ends the loop's sleep; what is due is for the owner's
/// prepare callback to find out. Loop thread only; closed by the owner's walk over its handles, and
/// must outlive the loop's last turn.
class WakeTimer {
 public:
  WakeTimer() = default;
  WakeTimer(const WakeTimer&) = delete;
  WakeTimer& operator=(const WakeTimer&) = delete;
  ~WakeTimer();

  /// 0, or libuv's error code.
  int Start(uv_loop_t* loop);

  /// Wakes at `at` or earlier; an earlier wish that is still armed is kept.
  void Arm(Instant at);

  /// The instant asked for by the wake that has just come, once.
  std::optional<Instant> TakeExpired() { return std::exchange(expired_, std::nullopt); }

 private:
  void OnExpired();

  int fd_ = -1;
  uv_poll_t poll_{};
  std::optional<Instant> armed_;
  std::optional<Instant> expired_;
};

}  // namespace weir::target
