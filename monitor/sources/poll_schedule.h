#pragma once

#include <optional>

#include "base/rng.h"
#include "base/time.h"

/// When a source is looked at: on a grid while it answers, with growing pauses while it does not.
/// Pure.
namespace weir::monitor {

struct PollTiming {
  Nanos interval = std::chrono::seconds(5);            ///< > 0.
  Nanos retry_first = std::chrono::milliseconds(500);  ///< Pause after a failure, then doubled,
                                                       ///< up to `interval`.
  int failures_to_open = 5;                            ///< In a row; > 0.
  Nanos open_max = std::chrono::minutes(1);            ///< Longest pause of an open circuit.
  Nanos retry_after_max = std::chrono::minutes(10);    ///< What a source may ask for.

  friend bool operator==(const PollTiming&, const PollTiming&) = default;
};

/// After so many failures in a row the circuit is open: the source is left alone for longer and
/// longer, and each look is a trial that closes it when it succeeds.
enum class CircuitState : std::uint8_t { kClosed, kOpen };

struct PollState {
  Instant next{};  ///< The next look.
  int failures = 0;

  CircuitState circuit(const PollTiming& timing) const {
    return failures >= timing.failures_to_open ? CircuitState::kOpen : CircuitState::kClosed;
  }
};

/// After a look that began at `began` and succeeded at `now`: the next point of the grid of
/// intervals from `began`. Points that have passed are left out.
PollState AfterSuccess(const PollTiming& timing, Instant began, Instant now);

/// After one that failed at `now`. Pauses are jittered between half and whole, so that many that
/// failed together do not come back together; never shorter than what the source asked for.
PollState AfterFailure(const PollTiming& timing, const PollState& before, Instant now, Rng& rng,
                       std::optional<Nanos> retry_after);

}  // namespace weir::monitor
