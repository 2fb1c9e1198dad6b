#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "scenarios/scenario.h"

/// When requests are due. Pure arithmetic on the stages of a scenario: no clock. All offsets
/// count from the start of the run.
namespace weir::loadgen {

/// Which of the run's arrivals or users a worker owns: `index`, `index + count`, ...
struct WorkerSlice {
  std::uint32_t index = 0;
  std::uint32_t count = 1;
};

/// One arrival of a flow.
struct Arrival {
  std::uint64_t number = 0;  ///< Counted over all workers, from 0.
  Nanos due{0};              ///< Since the start of the run.
};

/// The due instants of an open load, one after the other.
///
/// With cumulative rate L(t) = integral of the rate from 0 to t, arrival n of uniform load is due
/// at L^-1(n) and of Poisson load at L^-1(E_0 + ... + E_n) with E_i exponential of mean 1
/// (time-rescaling theorem; Cinlar, "Introduction to Stochastic Processes", 1975). Each worker
/// walks the same sequence and keeps its own part, so the arrivals of a run do not depend on the
/// number of workers. One owner.
class ArrivalSchedule {
 public:
  ArrivalSchedule(const scenarios::Load& load, std::uint64_t seed, WorkerSlice slice);

  /// The next arrival of this worker; none when the stages are over. Does not advance.
  const std::optional<Arrival>& Peek() const { return next_; }

  /// Goes on to the arrival after it.
  void Pop();

 private:
  struct Segment {
    Nanos begin{0};
    double from_per_s = 0;
    double to_per_s = 0;
    double seconds = 0;
    double area_begin = 0;  ///< L(begin).
    double area_end = 0;
  };

  void Advance();
  std::optional<Nanos> TimeOfArea(double area);

  std::vector<Segment> segments_;
  std::size_t segment_ = 0;
  scenarios::Arrivals arrivals_;
  WorkerSlice slice_;
  Rng rng_;
  std::uint64_t number_ = 0;
  double area_ = 0;
  std::optional<Arrival> next_;
};

/// How many arrivals the stages plan in all, or up to `until`: L(until), the expected number for
/// Poisson.
double PlannedArrivals(const scenarios::Load& load, Nanos until);

/// How many users a closed load has at `at`, all workers together; 0 after the last stage.
std::uint32_t UsersAt(const scenarios::Load& load, Nanos at);

/// The most users that it has at any time.
std::uint32_t UsersMax(const scenarios::Load& load);

/// The part of `users` that belongs to a worker.
std::uint32_t UsersOf(std::uint32_t users, WorkerSlice slice);

/// Which flow arrival (or round) `number` takes, by weight; the same for the same seed whatever the
/// workers. `cumulative_weights` ascends and ends at 1.
std::uint32_t PickFlow(std::span<const double> cumulative_weights, std::uint64_t seed,
                       std::uint64_t number);

}  // namespace weir::loadgen
