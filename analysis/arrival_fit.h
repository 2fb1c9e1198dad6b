#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "analysis/anderson_darling.h"
#include "base/validity.h"

namespace weir::analysis {

/// How well the arrivals that were sent follow the planned process.
struct ArrivalFit {
  FitTest test;
  double variation = 0;  ///< Standard deviation of the gaps over their planned mean; planned: 0 for
                         ///< uniform arrivals, 1 for Poisson.
};

/// Anderson-Darling against the planned distribution of gaps, seen at the resolution that matters:
/// normal noise with standard deviation s = max(10 % of the mean gap, kGapResolution) is added to
/// each gap, and the planned distribution is the convolution of the process with that noise
/// (uniform arrivals: normal around the mean gap; Poisson: exponentially modified normal). Jitter
/// well below s is thus no misfit however many gaps there are; bursts, clumps and stalls are.
/// `distance()` of the test is the effect, `p` only guards against chance.
///
/// `seed` makes the noise; the same seed, the same answer. No value for fewer than 8 gaps, or
/// without a process. Source: the randomised probability integral transform, e.g. Dunn and Smyth,
/// J. Comput. Graph. Stat. 5 (1996).
std::optional<ArrivalFit> FitArrivals(ArrivalProcess process, std::span<const ArrivalGap> gaps,
                                      std::uint64_t seed);

/// An ordinary kernel wakes a thread within some 50 us: no finer promise is made by default.
inline constexpr Nanos kGapResolution = std::chrono::microseconds(50);

}  // namespace weir::analysis
