#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "target/options.h"

namespace weir::target {

/// Draws latencies: the n-th call of two sources with the same model and seed gives the same
/// value. The slow tail scales draws and consumes none, so that two targets that differ only in
/// their tail stay paired request by request. Not thread-safe.
class LatencySource {
 public:
  LatencySource(const LatencyModel& model, const SlowTail& tail, std::uint64_t seed);

  /// 0 .. kLatencyMax.
  Nanos Next();

 private:
  /// A value and its rank in its own distribution, uniform in [0, 1).
  struct Draw {
    double value_ns;
    double rank;
  };

  Draw DrawOne();

  const LatencyModel model_;
  const SlowTail tail_;
  Rng rng_;
};

/// When answers may leave: all the time but for the last `stall` of each period `every` after
/// `epoch`, that is not in [epoch + k*every - stall, epoch + k*every) for k = 1, 2, ...
class StallSchedule {
 public:
  /// No stalls if `stall` is 0; else 0 < stall < every.
  StallSchedule(Instant epoch, Nanos stall, Nanos every);

  /// The first instant at or after `at` (which must not lie before the epoch) that is outside of
  /// every stall.
  Instant Release(Instant at) const;

 private:
  const Instant epoch_;
  const Nanos stall_;
  const Nanos every_;
};

/// What is to become of one request.
struct Plan {
  Nanos planned;    ///< The drawn latency, after the wait for a worker if there are any.
  Instant release;  ///< arrival + planned, moved to the end of a stall if it falls into one.
  int status;       ///< 200, 500 by --errors, or the override.
};

/// Decides the fate of each request, in order of arrival. Pure but for its random streams: one
/// for latencies and one for errors, so that changing one knob leaves the other's draws alone.
class Behaviour {
 public:
  Behaviour(const TargetOptions& options, Instant epoch);

  /// `status_override` is what the client asked for by its path; 0 = nothing.
  Plan Next(Instant arrival, int status_override);

  const StallSchedule& stalls() const { return stalls_; }

 private:
  Nanos WaitForWorker(Instant arrival, Nanos service);

  LatencySource latencies_;
  /// When each worker is free again, the first one on top; empty: nobody waits.
  std::priority_queue<Instant, std::vector<Instant>, std::greater<>> free_at_;
  Rng errors_;
  const double error_ratio_;
  const StallSchedule stalls_;
};

}  // namespace weir::target
