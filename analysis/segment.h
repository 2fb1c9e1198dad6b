#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/series.h"

/// The runs that are like the newest ones: the part of a history since something moved.
namespace weir::analysis {

struct Segment {
  std::size_t first = 0;  ///< Index of its first run; it reaches to the end.
  std::string moved;      ///< The metric whose change point begins it; empty: none was found.
  std::vector<std::string> warnings;  ///< To be shown with whatever rests on it.
};

/// `metrics` are of the same runs, oldest first. The segment begins at the latest change point of
/// any of them (analysis/changepoint.h); a history without one is a single segment. Taking the
/// latest of several keeps a baseline from spanning a step in any metric that is judged.
/// Cost: FindChangePoints per metric. Thread-safe (pure).
Segment NewestSegment(std::span<const Series> metrics);

}  // namespace weir::analysis
