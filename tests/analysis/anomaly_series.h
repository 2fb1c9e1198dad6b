#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "analysis/anomaly.h"
#include "base/rng.h"
#include "base/time.h"

/// Seeded series for the tests of the anomaly detector.
namespace weir::analysis {

/// What a monitored metric may look like when nothing happens to it.
struct NullKind {
  std::string name;
  std::function<std::vector<double>(Rng& rng, std::size_t values)> draw;
};

/// Independent (normal, uniform, Laplace, exponential, Student t with 3, Cauchy, counts), with rare
/// outliers, autocorrelated, a random walk, drifting, with a daily season, with a daily spread.
std::vector<NullKind> NullKinds();

inline constexpr std::size_t kValuesPerDay = 288;

/// The moment of value i: every five minutes from a Monday's midnight on.
WallTime MomentOf(std::size_t i);

/// Normal noise of the given size around `level`.
std::vector<double> Noise(std::uint64_t seed, std::size_t values, double level, double size);

/// 20 by night, 80 from 9 to 18 h, with noise.
std::vector<double> WorkingDays(std::uint64_t seed, std::size_t days);

/// Judges all values, with times five minutes apart.
std::vector<AnomalyPoint> JudgeTimed(const std::vector<double>& values,
                                     const AnomalyOptions& options = {});

/// Rows at which an incident begins.
std::vector<std::size_t> AlertsOf(const std::vector<AnomalyPoint>& points);

}  // namespace weir::analysis
