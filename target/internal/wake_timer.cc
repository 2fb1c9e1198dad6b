#include "target/internal/wake_timer.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include <sys/timerfd.h>
#include <unistd.h>

#include "base/check.h"

namespace weir::target {

WakeTimer::~WakeTimer() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

int WakeTimer::Start(uv_loop_t* loop) {
  fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd_ < 0) {
    return uv_translate_sys_error(errno);
  }
  if (const int error = uv_poll_init(loop, &poll_, fd_); error != 0) {
    return error;
  }
  poll_.data = this;
  return uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* poll, int, int) {
    static_cast<WakeTimer*>(poll->data)->OnExpired();
  });
}

void WakeTimer::Arm(Instant at) {
  if (armed_ && *armed_ <= at) {
    return;
  }
  // A time of 0 would disarm.
  const std::int64_t ns = std::max<std::int64_t>(at.time_since_epoch().count(), 1);
  itimerspec spec{};
  spec.it_value.tv_sec = ns / 1'000'000'000;
  spec.it_value.tv_nsec = ns % 1'000'000'000;
  const int result = timerfd_settime(fd_, TFD_TIMER_ABSTIME, &spec, nullptr);
  WEIR_CHECK(result == 0);
  armed_ = at;
}

void WakeTimer::OnExpired() {
  std::uint64_t expirations = 0;
  // Re-arming may have cleared the expiry since the loop saw it: then there is nothing to read,
  // and the timer is still armed.
  if (read(fd_, &expirations, sizeof expirations) == sizeof expirations) {
    expired_ = std::exchange(armed_, std::nullopt);
  }
}

}  // namespace weir::target
