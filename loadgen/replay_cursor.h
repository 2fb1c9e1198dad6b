#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/rng.h"
#include "loadgen/schedule.h"
#include "scenarios/replay.h"
#include "scenarios/scenario.h"

namespace weir::loadgen {

/// One worker's way through a replay: when its arrivals are due, and what each sends. Every worker
/// walks the whole file and keeps its own part, so that together they send exactly what one would.
/// One owner.
class ReplayCursor {
 public:
  /// `source` outlives this. `seed` is that of the run: of the pauses between passes.
  ReplayCursor(const scenarios::ReplaySource& source, std::uint64_t seed, WorkerSlice slice);

  /// The next arrival of this worker; none when the replay is over, and none at all of a file
  /// without times.
  const std::optional<Arrival>& Peek() const { return next_; }

  /// Goes on to the arrival after it.
  void Pop();

  /// Reads the request of the arrival `number`: that of Peek, or of a file without times any.
  /// False: it is no longer there, and the replay is over.
  bool Load(std::uint64_t number);

  /// Index of the flow that stands for the loaded one's group.
  std::uint32_t flow() const { return flow_; }

  /// Puts the loaded request into `request`, whose own headers stay.
  void Fill(scenarios::Request& request) const;

 private:
  void Advance();

  const scenarios::ReplaySource& source_;
  const WorkerSlice slice_;
  const Nanos pass_length_;
  Rng rng_;
  std::unique_ptr<scenarios::ReplayTape> tape_;  // Null without times.
  std::optional<scenarios::Recorded> recorded_;  // Behind next_.
  std::optional<Arrival> next_;
  std::uint64_t number_ = 0;
  std::uint32_t pass_ = 0;
  Nanos pass_begin_{0};
  scenarios::Request loaded_;
  std::uint32_t flow_ = 0;
};

}  // namespace weir::loadgen
