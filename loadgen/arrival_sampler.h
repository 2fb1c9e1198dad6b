#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"
#include "base/validity.h"
#include "scenarios/scenario.h"

namespace weir::loadgen {

/// An arrival as planned and as sent; times count from the start of the run.
struct SentArrival {
  std::uint64_t number = 0;
  Nanos due{0};
  Nanos sent{0};
};

/// Keeps a bounded, evenly spread sample of a worker's arrivals: those whose number over all
/// workers is 0 or 1 modulo a stride. So every worker keeps its share of the same pairs of
/// neighbours, and the gaps that the target saw can be put together afterwards.
/// Cost of Note: one comparison. One owner.
class ArrivalSampler {
 public:
  static constexpr std::uint64_t kPairsMax = 1024;

  explicit ArrivalSampler(const scenarios::Load& load);

  /// Numbers ascend.
  void Note(const SentArrival& arrival) {
    if (__builtin_expect(arrival.number >= next_, 0)) {
      Consider(arrival);
    }
  }

  /// In the order in which they came.
  const std::vector<SentArrival>& kept() const { return kept_; }

 private:
  void Consider(const SentArrival& arrival);

  std::uint64_t stride_;
  Nanos warm_up_;  ///< Arrivals that are due before it are not kept.
  std::uint64_t next_ = 0;
  std::vector<SentArrival> kept_;
};

/// The gaps of the pairs that are complete, in order. `arrivals` are what the samplers of all
/// workers kept, in any order; `load` is open.
std::vector<ArrivalGap> GapsOf(std::vector<SentArrival> arrivals, const scenarios::Load& load);

}  // namespace weir::loadgen
