#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace weir::loadgen {

/// How long a worker that has nothing to do leaves answers in their sockets, so that one wake-up
/// serves several. A wake-up costs the worker as much as an exchange, and a server on the same
/// machine nearly as much again, as it is the server that wakes. Latencies do not see it, as they
/// end when the answer arrived (ArrivalClock); but for several answers that came apart on one
/// connection and are read at once, which all end with the last. What it costs is the pace of a
/// closed loop whose target is not busy, so it is a small share of the response time, and nothing
/// where answers come too slowly for the processor to matter.
///
/// Source: the mean response time is in flight / rate (J. D. C. Little, "A Proof for the Queuing
/// Formula L = lambda W", 1961). One owner.
class GatherTime {
 public:
  static constexpr Nanos kMin = std::chrono::microseconds(10);  ///< Falling asleep takes as long.
  static constexpr Nanos kMax = std::chrono::microseconds(250);
  static constexpr Nanos kBetweenMax = std::chrono::microseconds(25);  ///< Two answers: 40,000/s.
  static constexpr std::int64_t kAnswersMin = 2;  ///< To come meanwhile; fewer save nothing.
  static constexpr Nanos kPeriod = std::chrono::milliseconds(2);

  /// Of a response time: 5 % of a short one, beyond 1 ms towards 1 %.
  static constexpr Nanos ShareOf(Nanos response) {
    return std::min({response / 20, std::chrono::microseconds(50) + response / 100, kMax});
  }

  /// 0: not at all.
  Nanos Get() const { return gather_; }

  /// At each turn of the loop: `answers` so far that say when they arrived, and what is in flight.
  void Observe(Instant now, std::uint64_t answers, std::uint32_t in_flight) {
    if (now - since_ < kPeriod) {
      return;
    }
    const auto came = static_cast<std::int64_t>(answers - answers_);
    gather_ = came == 0 ? Nanos(0) : Of((now - since_) / came, in_flight);
    since_ = now;
    answers_ = answers;
  }

 private:
  static Nanos Of(Nanos between, std::uint32_t in_flight) {
    if (between > kBetweenMax) {
      return Nanos(0);
    }
    const Nanos gather = ShareOf(between * std::int64_t{in_flight});
    return gather < std::max(kMin, between * kAnswersMin) ? Nanos(0) : gather;
  }

  Instant since_{};
  std::uint64_t answers_ = 0;
  Nanos gather_{0};
};

}  // namespace weir::loadgen
