#pragma once

#include <algorithm>

#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/time.h"

namespace weir::loadgen {

/// When bytes reached this machine, by the kernel's own stamp (SO_TIMESTAMPNS): what then passes
/// until the thread has been woken, has dealt with other connections and has read them is our
/// time, not the target's. The kernel stamps in civil time; what lies between that and the
/// monotonic line is measured anew every millisecond, so that setting the clock spoils no more
/// than the answers of one, and slewing it (at most 0.05 %) shifts none by more than 0.5 us.
///
/// Source: Linux, Documentation/networking/timestamping.rst. Thread rule: one owner.
class ArrivalClock {
 public:
  /// The kernel stamps while at least one socket asks for it, and begins some milliseconds after
  /// the first: this keeps one that does, so that the first answers have stamps too.
  explicit ArrivalClock(const Clock& clock)
      : clock_(clock), asking_fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    Watch(asking_fd_);
  }

  ArrivalClock(const ArrivalClock&) = delete;
  ArrivalClock& operator=(const ArrivalClock&) = delete;

  ~ArrivalClock() {
    if (asking_fd_ >= 0) {
      close(asking_fd_);
    }
  }

  /// Has the kernel stamp what arrives at a socket. One that cannot is read without stamps.
  static void Watch(int fd) {
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
  }

  /// The instant of a stamp; `now`, which the clock has just said, where there is none
  /// (WallTime()), and never later.
  Instant At(WallTime stamp, Instant now) {
    if (stamp == WallTime()) {
      return now;
    }
    if (now - measured_at_ >= kValidFor) {
      Measure(now);
    }
    return std::min(Instant(stamp.time_since_epoch() - ahead_), now);
  }

 private:
  static constexpr Nanos kValidFor = std::chrono::milliseconds(1);

  // An interruption between the readings would count as arrival; the closest pair has none.
  void Measure(Instant now) {
    constexpr int kTries = 3;
    constexpr Nanos kClose = std::chrono::nanoseconds(500);
    Nanos closest = Nanos::max();
    for (int i = 0; i < kTries && closest > kClose; ++i) {
      const Instant before = clock_.Now();
      const Nanos civil = clock_.WallNow().time_since_epoch();
      const Nanos apart = clock_.Now() - before;
      if (apart < closest) {
        closest = apart;
        ahead_ = civil - (before + apart / 2).time_since_epoch();
      }
    }
    measured_at_ = now;
  }

  const Clock& clock_;
  const int asking_fd_;
  Nanos ahead_{0};         ///< Of civil time, to the monotonic line.
  Instant measured_at_{};  ///< The epoch of that line is long ago.
};

}  // namespace weir::loadgen
