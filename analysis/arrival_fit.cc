#include "analysis/arrival_fit.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "analysis/distributions.h"
#include "base/check.h"
#include "base/rng.h"

namespace weir::analysis {
namespace {

constexpr double kGapShare = 0.1;

// P(E + sN <= x) for an exponential E of mean 1 and a standard normal N.
double ExponentialPlusNormalCdf(double x, double s) {
  const double normal = NormalCdf(x / s);
  const double tail = NormalCdf(x / s - s);
  // In logarithms: exp(s^2 / 2) alone overflows where the gap is far below the resolution.
  return tail > 0 ? normal - std::exp(-x + s * s / 2 + std::log(tail)) : normal;
}

}  // namespace

std::optional<ArrivalFit> FitArrivals(ArrivalProcess process, std::span<const ArrivalGap> gaps,
                                      std::uint64_t seed) {
  if (process == ArrivalProcess::kNone) {
    return std::nullopt;
  }
  Rng rng(seed);
  std::vector<double> uniforms;
  uniforms.reserve(gaps.size());
  double sum = 0;
  double square_sum = 0;
  for (const ArrivalGap& gap : gaps) {
    WEIR_CHECK(gap.mean > Nanos(0));
    const double mean = Seconds(gap.mean);
    const double relative = Seconds(gap.sent) / mean;
    const double s = std::max(kGapShare, Seconds(kGapResolution) / mean);
    const double seen = relative + s * rng.Normal();
    uniforms.push_back(process == ArrivalProcess::kUniform ? NormalCdf((seen - 1) / s)
                                                           : ExponentialPlusNormalCdf(seen, s));
    sum += relative;
    square_sum += relative * relative;
  }
  const auto test = TestUniform(std::move(uniforms));
  if (!test) {
    return std::nullopt;
  }
  const auto n = static_cast<double>(gaps.size());
  const double variance = std::max(0.0, square_sum / n - (sum / n) * (sum / n));
  return ArrivalFit{*test, std::sqrt(variance)};
}

}  // namespace weir::analysis
