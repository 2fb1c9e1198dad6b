#pragma once

#include <cstdint>

/// The few distribution functions that the engines need. Computed by Boost.Math to about 1e-12;
/// tests/golden/analysis holds the same values from SciPy. Pure and thread-safe. Every `p` is a
/// probability in the open interval (0, 1); arguments outside the stated ranges are programming
/// errors.
namespace weir::analysis {

/// P(Z <= z) of the standard normal.
double NormalCdf(double z);

/// P(Z > z); keeps its digits far out in the tail.
double NormalUpperTail(double z);

/// The z with P(Z <= z) = p.
double NormalQuantile(double p);

/// The z with P(Z > z) = p; keeps its digits for p down to 1e-300.
double NormalUpperQuantile(double p);

/// P(T > t) of Student's t with df > 0 degrees of freedom.
double StudentUpperTail(double t, double df);

/// The t with P(T <= t) = p.
double StudentQuantile(double p, double df);

/// P(X <= x) of the beta distribution; x in [0, 1], a > 0, b > 0.
double BetaCdf(double x, double a, double b);

/// The x with P(X <= x) = p, and the one with P(X > x) = p, of the beta distribution.
double BetaQuantile(double p, double a, double b);
double BetaUpperQuantile(double p, double a, double b);

/// The same of the gamma distribution with shape a > 0 and scale 1: half a chi-square quantile with
/// 2 a degrees of freedom.
double GammaQuantile(double p, double a);
double GammaUpperQuantile(double p, double a);

/// P(X <= k) of the number of successes in n trials; p in [0, 1]; k < 0 gives 0, k >= n gives 1.
double BinomialCdf(std::int64_t k, std::uint64_t n, double p);

/// P(X >= k) for the number X of marked balls among `drawn` balls taken from `total`, of which
/// `marked` are marked: the upper tail of the hypergeometric distribution, and so the one-sided
/// p-value of Fisher's exact test. marked <= total, drawn <= total. Cost: linear in the smaller of
/// marked and drawn, in the worst case.
double HypergeometricUpperTail(std::uint64_t k, std::uint64_t total, std::uint64_t marked,
                               std::uint64_t drawn);

}  // namespace weir::analysis
