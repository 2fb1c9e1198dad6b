#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/run.h"

namespace weir::analysis {

/// How the runs of two sides lie in time; decides what may be concluded from them.
enum class RunDesign {
  kDuet,         ///< Each run of one side ran beside one run of the other: pairs.
  kInterleaved,  ///< The sides alternate, so that a trend hits both alike.
  kSequential,   ///< One side before the other: a trend looks like an effect.
  kUnknown,      ///< The order is not known.
};

/// "duet", "interleaved", "sequential", "unknown".
std::string_view RunDesignName(RunDesign design);

/// The place of every run, in the order of the spans given to OrderOf.
struct RunOrder {
  RunDesign design = RunDesign::kUnknown;
  std::vector<double> slot_a;  ///< kDuet: number of the pair. Else the place among all runs by
  std::vector<double> slot_b;  ///< start, from 0; ties share their mean place.
  bool overlapping = false;    ///< Runs overlap in time without forming pairs.
};

/// Two runs that overlap by at least this share of the shorter one ran beside each other.
inline constexpr double kPairOverlap = 0.5;

/// The largest |correlation| of side and place that still counts as alternating.
inline constexpr double kBalancedCorrelation = 0.3;

/// Finds the design from started_at and duration. Runs whose started_at is not set (0) have
/// no known order.
RunOrder OrderOf(std::span<const Run> a, std::span<const Run> b);

}  // namespace weir::analysis
