#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

/// Capacity from load steps: Gunther's Universal Scalability Law.
namespace weir::analysis {

/// One load step.
struct LoadPoint {
  double load = 0;        ///< Users, connections, processors: what was turned up. > 0.
  double throughput = 0;  ///< Completed per second (any unit). > 0.
  double error = 0;       ///< Standard error of the throughput; 0: not known.
};

/// A value with its 95 % interval. An end that the data do not fix is absent.
struct UslEstimate {
  double value = 0;
  std::optional<double> low = std::nullopt;
  std::optional<double> high = std::nullopt;
};

/// What the data say about a peak.
enum class UslPeak {
  kMeasured,      ///< Inside the measured loads, with both ends of the interval.
  kExtrapolated,  ///< Beyond the largest measured load, with both ends of the interval.
  kNotIdentified  ///< The data fit curves with and without a peak.
};

struct UslFit {
  UslEstimate rate;        ///< Throughput of one unit of load alone (lambda).
  UslEstimate contention;  ///< Share of the work that is serial (sigma), in [0, 1].
  UslEstimate coherency;   ///< Cost of each pair that must agree (kappa), >= 0.
  UslPeak peak = UslPeak::kNotIdentified;
  std::optional<UslEstimate> peak_load;        ///< sqrt((1 - contention) / coherency).
  std::optional<UslEstimate> peak_throughput;  ///< At peak_load; without it the ceiling
                                               ///< rate / contention; absent without either.
  std::optional<UslEstimate> knee_load;        ///< Where the line of rate alone reaches that.
  double residual = 0;                         ///< Root mean square of the relative residuals.
  std::vector<std::string> warnings;           ///< To be shown with the fit.

  /// Throughput at `load`.
  double At(double load) const;
};

struct UslOptions {
  std::uint64_t seed = 1;  ///< For the simulated fits; the same seed gives the same intervals.
};

inline constexpr std::size_t kUslLoadsMin = 4;

/// Fits throughput(N) = rate N / (1 + contention (N - 1) + coherency N (N - 1)) by weighted
/// nonlinear least squares (Levenberg-Marquardt), both coefficients >= 0. Weights are 1 / error^2;
/// when some error is not known, each point counts alike. Intervals are quantiles of kUslReplicates
/// fits to simulated data: the fitted curve plus normal noise whose variance is drawn anew each
/// time from what the residuals say of it (n - 3 degrees of freedom), so few points give wide
/// intervals. With known errors the noise is at least theirs. What more than 2.5 % of those fits
/// have no finite value for has no upper end.
/// Above kUslGroupsMax points, neighbouring loads (within 1 %) are taken together, to about as many
/// groups; what points of a group differ by stays part of the noise.
/// Errors: kUsage for fewer than kUslLoadsMin different loads, or values that are not positive and
/// finite. Cost: about 6 ms (1,000 fits to ten points), at most 1 s and O(n log n). Thread-safe
/// (pure).
/// Source: Gunther, "Guerrilla Capacity Planning" (2007), ch. 4 to 6; the same with a free rate in
/// Gunther, Puglia and Tomasette, "Hadoop superlinear scalability", CACM 58 (2015).
/// Checked against: SciPy's curve_fit on Gunther's SPEC SDM91 and ray-tracer data
/// (tests/analysis/usl_test.cc).
inline constexpr int kUslReplicates = 1000;
inline constexpr std::size_t kUslGroupsMax = 1000;
Result<UslFit> FitUsl(std::span<const LoadPoint> points, const UslOptions& options = {});

}  // namespace weir::analysis
