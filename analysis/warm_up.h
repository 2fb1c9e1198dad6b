#pragma once

#include <cstdint>
#include <optional>

#include "analysis/second_blocks.h"

namespace weir::analysis {

/// The stretch of a run in whole seconds in which the load stayed the same.
struct SteadyStretch {
  std::uint32_t from_s = 0;
  std::uint32_t to_s = 0;  ///< Behind its last second.
};

/// Where the run had warmed up: the first second of the stretch that counts. By the level of the
/// response times (mean logarithm between p5 and p95) in the blocks of `seconds` that lie wholly in
/// it (EstimateWarmUpEnd). `stretch.from_s` when nothing is to be left out. No value when the
/// stretch is too short to tell (kSteadySeriesMin blocks), or when it has not settled by its
/// middle.
std::optional<std::uint32_t> FindWarmUpEnd(const SecondBlocks& seconds,
                                           const SteadyStretch& stretch);

}  // namespace weir::analysis
