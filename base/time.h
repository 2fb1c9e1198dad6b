#pragma once

#include <chrono>
#include <cstdint>

namespace weir {

/// A span of time. The only resolution inside weir; range about 292 years either way.
using Nanos = std::chrono::nanoseconds;

/// Tag of the monotonic time line (CLOCK_MONOTONIC). It has no now(): a clock is passed in
/// (base/clock.h), so that logic runs the same on a fake one.
struct MonotonicTimeline {
  using duration = Nanos;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicTimeline, duration>;
  static constexpr bool is_steady = true;
};

/// Tag of civil time (CLOCK_REALTIME, Unix epoch). For labels on people's screens only: never
/// subtract two of them to get a latency.
struct WallTimeline {
  using duration = Nanos;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<WallTimeline, duration>;
  static constexpr bool is_steady = false;
};

/// A point in monotonic time; meaningful only inside one boot of one machine.
using Instant = MonotonicTimeline::time_point;

/// A point in civil time, nanoseconds since 1970-01-01T00:00:00Z.
using WallTime = WallTimeline::time_point;

/// Nanoseconds as a plain number, for borders (JSON, SQL, histograms).
constexpr std::int64_t CountNs(Nanos span) {
  return span.count();
}

constexpr std::int64_t CountNs(WallTime at) {
  return at.time_since_epoch().count();
}

/// Seconds as a double, for rates and for people.
constexpr double Seconds(Nanos span) {
  return static_cast<double>(span.count()) / 1e9;
}

/// The nearest span to `seconds`; `seconds` must be finite and within +-292 years.
constexpr Nanos FromSeconds(double seconds) {
  return Nanos(static_cast<std::int64_t>(seconds * 1e9 + (seconds < 0 ? -0.5 : 0.5)));
}

}  // namespace weir
