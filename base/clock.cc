#include "base/clock.h"

#include <ctime>

namespace weir {
namespace {

Nanos Read(clockid_t id) {
  timespec at{};
  clock_gettime(id, &at);
  return std::chrono::seconds(at.tv_sec) + Nanos(at.tv_nsec);
}

}  // namespace

Instant SystemClock::Now() const {
  return Instant(Read(CLOCK_MONOTONIC));
}

WallTime SystemClock::WallNow() const {
  return WallTime(Read(CLOCK_REALTIME));
}

}  // namespace weir
