#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/run.h"
#include "base/time.h"
#include "loadgen/transport/program_runner.h"

/// Two programs in turn, so that what the machine does meets both: the duet of programs.
namespace weir::loadgen {

enum class DuetSide : std::uint8_t { kBaseline = 0, kCandidate = 1 };

struct DuetOptions {
  std::uint32_t pairs = 300;  ///< That count, at most. > 0.
  std::uint32_t warm_up = 3;  ///< Pairs before them, which do not count.
  Nanos duration_max =
      std::chrono::minutes(1);  ///< No pair begins later, once there are kPairsMin.
  std::uint64_t seed = 1;       ///< Of the order inside the pairs.
};

/// Pairs that are run whatever the time: fewer can decide nothing.
inline constexpr std::uint32_t kPairsMin = 3;

/// A pair in the order of its sides, whichever came first.
struct DuetPair {
  bool warm_up = false;
  Instant began{};
  Instant ended{};
  std::array<ProgramSample, 2> samples;  ///< By DuetSide.
};

struct DuetPairs {
  std::vector<DuetPair> pairs;  ///< Those of warm-up first.
  bool stopped = false;

  /// Without those of warm-up.
  std::size_t counted() const;
};

/// Runs pairs: both programs one after the other, which is first by the toss of a coin, so that
/// neither always meets the cache that the other has warmed. `run` runs one side. A sample of
/// kRunEnded ends it early; that pair is left out.
DuetPairs RunPairs(const DuetOptions& options, const Clock& clock,
                   const std::function<ProgramSample(DuetSide)>& run);

/// So many blocks at most become of the pairs.
inline constexpr std::size_t kBlocksMax = 10;

/// Makes runs of the pairs, because runs are what a gate compares: consecutive pairs form
/// min(kBlocksMax, pairs) blocks of nearly the same size, and each block gives a run of either
/// side. Both runs of a block span its whole time, in which the sides took turns; so a drift of the
/// machine is in both, and the gate sees a duet. Pairs of warm-up are in the first block, in their
/// own phase.
///
/// `plans` by DuetSide, of one step; `wall_start` belongs to the instant `start`. No pairs: no
/// runs.
std::array<std::vector<Run>, 2> RunsOf(std::span<const DuetPair> pairs,
                                       const std::array<RunPlan, 2>& plans, Instant start,
                                       WallTime wall_start);

}  // namespace weir::loadgen
