#pragma once

#include <optional>
#include <span>

#include "analysis/coarse_counts.h"

namespace weir::analysis {

/// How much the requests of a run hang together, seen from one quantile: slow requests come in
/// bursts (a stall, a collection of garbage), and a hundred from one stall are one observation.
struct Clustering {
  double dispersion = 1;  ///< Variance over the stretches of the number of requests above the
                          ///< quantile, over what independent requests would have: a design effect.
  double p = 1;           ///< The chance of at least that when they are independent.
  double effective_samples = 0;  ///< Requests over max(1, dispersion).
};

/// Of the quantile `q` in (0, 1), from what equally long stretches of a run counted. No value
/// for fewer than 3 stretches with requests, when fewer than 5 requests lie above the quantile,
/// and when hardly any value differs from it.
/// Source: index of dispersion of counts (Cox and Lewis, "The Statistical Analysis of Series of
/// Events", 1966); as a design effect, Kish, "Survey Sampling" (1965), ch. 5.
/// Cost: linear in the buckets of all stretches.
std::optional<Clustering> ClusteringAt(std::span<const CoarseCounts* const> stretches, double q);

}  // namespace weir::analysis
