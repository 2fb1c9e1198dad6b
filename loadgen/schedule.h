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
  std::uint64_t number = 0;  ///< Counted over all workers and for each part of the run, from 0.
  Nanos due{0};              ///< Since the start of the run.
  std::uint32_t part = 0;    ///< Of the run, that it belongs to.
};

/// Where a load stands in its run.
struct PartPlace {
  std::uint32_t index = 0;
  Nanos start{0};  ///< Of its first stage, since the start of the run.
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
  ArrivalSchedule(const scenarios::Load& load, std::uint64_t seed, WorkerSlice slice,
                  PartPlace place = {});

  /// The next arrival of this worker; none when the stages are over. Does not advance.
  const std::optional<Arrival>& Peek() const { return next_; }

  /// Goes on to the arrival after it.
  void Pop();

  std::uint32_t part() const { return part_; }

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
  std::uint32_t part_;
  Rng rng_;
  std::uint64_t number_ = 0;
  double area_ = 0;
  std::optional<Arrival> next_;
};

/// The arrivals of several open loads, in the order in which they are due; of those due at the same
/// instant, the one of the schedule that was added first. Each schedule goes its own way, so none
/// depends on what others there are. Cost of Pop: that of ArrivalSchedule, and one comparison for
/// each further schedule. One owner.
class ArrivalMerge {
 public:
  ArrivalMerge() = default;
  ArrivalMerge(const ArrivalMerge&) = delete;
  ArrivalMerge& operator=(const ArrivalMerge&) = delete;

  void Add(ArrivalSchedule schedule);

  /// The next arrival; none when all schedules are over. Does not advance.
  const std::optional<Arrival>& Peek() const { return next_ != nullptr ? next_->Peek() : none_; }

  /// Goes on to the arrival after it.
  void Pop() {
    next_->Pop();
    if (__builtin_expect(schedules_.size() > 1, 0)) {
      Choose();
    }
  }

  /// Nothing more comes of this part of the run.
  void Stop(std::uint32_t part);

  /// Whether anything comes of this part of the run.
  bool Has(std::uint32_t part) const;

 private:
  void Choose();

  std::vector<ArrivalSchedule> schedules_;
  ArrivalSchedule* next_ = nullptr;  ///< Of the schedules, the one whose arrival is next.
  std::optional<Arrival> none_;
};

/// The seed of a part of the run; of the first it is that of the run.
std::uint64_t SeedOfPart(std::uint64_t seed, std::uint32_t part);

/// The worker's slice of a part of the run: in turn, so that loads of one user each do not all fall
/// to the first worker.
WorkerSlice SliceOfPart(WorkerSlice slice, std::uint32_t part);

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
