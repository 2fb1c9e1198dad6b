#include "monitor/sources/poll_schedule.h"

#include <algorithm>

#include "base/check.h"

namespace weir::monitor {

PollState AfterSuccess(const PollTiming& timing, Instant began, Instant now) {
  WEIR_CHECK(timing.interval > Nanos(0));
  const auto passed = std::max<Nanos::rep>((now - began) / timing.interval, 0);
  return {.next = began + (passed + 1) * timing.interval, .failures = 0};
}

PollState AfterFailure(const PollTiming& timing, const PollState& before, Instant now, Rng& rng,
                       std::optional<Nanos> retry_after) {
  constexpr int kDoublingsMax = 20;
  PollState after = before;
  ++after.failures;
  const bool open = after.circuit(timing) == CircuitState::kOpen;
  const int doublings = std::min(
      open ? after.failures - timing.failures_to_open + 1 : after.failures - 1, kDoublingsMax);
  const Nanos first = open ? timing.interval : timing.retry_first;
  const Nanos longest = open ? std::max(timing.open_max, timing.interval) : timing.interval;
  // In doubles, as a long interval doubled 20 times is no longer a number of nanoseconds.
  const double pause_s =
      std::min(Seconds(first) * static_cast<double>(1 << doublings), Seconds(longest));
  const Nanos jittered = FromSeconds(pause_s * (0.5 + 0.5 * rng.Uniform()));
  const Nanos asked = std::min(retry_after.value_or(Nanos(0)), timing.retry_after_max);
  after.next = now + std::max(jittered, asked);
  return after;
}

}  // namespace weir::monitor
