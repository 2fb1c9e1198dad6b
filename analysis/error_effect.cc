#include "analysis/error_effect.h"

#include <algorithm>
#include <cmath>

#include "analysis/distributions.h"

namespace weir::analysis {
namespace {

constexpr std::size_t kRunsMin = 2;
constexpr double kPMin = 1e-290;  // Below, a double soon runs out of digits for a p-value.
constexpr double kPMax = 1 - 1e-15;

ErrorCount Sum(std::span<const ErrorCount> runs) {
  ErrorCount sum;
  for (const ErrorCount& run : runs) {
    sum.wrong += run.wrong;
    sum.planned += run.planned;
  }
  return sum;
}

double Ratio(const ErrorCount& count) {
  return static_cast<double>(count.wrong) / static_cast<double>(count.planned);
}

// Pearson's chi-square of the runs around the ratio of their side.
struct Scatter {
  double chi_square = 0;
  double df = 0;
};

Scatter ScatterOf(std::span<const ErrorCount> runs) {
  const double ratio = Ratio(Sum(runs));
  if (ratio <= 0 || ratio >= 1) {
    return {};
  }
  Scatter scatter{.chi_square = 0, .df = static_cast<double>(runs.size()) - 1};
  for (const ErrorCount& run : runs) {
    const double expected = ratio * static_cast<double>(run.planned);
    const double off = static_cast<double>(run.wrong) - expected;
    scatter.chi_square += off * off / (expected * (1 - ratio));
  }
  return scatter;
}

// Wilson's score interval of one ratio, for `n` effective requests and deviate `z`.
Interval Wilson(double ratio, double n, double z) {
  const double z2 = z * z;
  const double centre = (ratio + z2 / (2 * n)) / (1 + z2 / n);
  const double half = z / (1 + z2 / n) * std::sqrt(ratio * (1 - ratio) / n + z2 / (4 * n * n));
  return {.low = std::max(0.0, centre - half), .high = std::min(1.0, centre + half)};
}

Interval Newcombe(double ratio_a, const Interval& a, double ratio_b, const Interval& b) {
  const double difference = ratio_b - ratio_a;
  return {.low = difference - std::hypot(ratio_b - b.low, a.high - ratio_a),
          .high = difference + std::hypot(b.high - ratio_b, ratio_a - a.low)};
}

double DevianceTerm(std::uint64_t observed, double expected) {
  const auto count = static_cast<double>(observed);
  return count > 0 ? count * std::log(count / expected) : 0;
}

// Square root of the likelihood-ratio chi-square of the 2 x 2 table: close to the normal deviate of
// Fisher's p-value, and computable where that p-value is too small for a double.
double RootDeviance(const ErrorCount& a, const ErrorCount& b) {
  const double ratio =
      static_cast<double>(a.wrong + b.wrong) / static_cast<double>(a.planned + b.planned);
  double sum = 0;
  for (const ErrorCount& side : {a, b}) {
    const auto planned = static_cast<double>(side.planned);
    sum += DevianceTerm(side.wrong, planned * ratio) +
           DevianceTerm(side.planned - side.wrong, planned * (1 - ratio));
  }
  return std::sqrt(2 * sum);
}

// The normal deviate of the one-sided exact test that `more` has a higher ratio than `fewer`.
double ExactDeviate(const ErrorCount& fewer, const ErrorCount& more) {
  const std::uint64_t total = fewer.planned + more.planned;
  const double p =
      HypergeometricUpperTail(more.wrong, total, fewer.wrong + more.wrong, more.planned);
  return p < kPMin ? RootDeviance(fewer, more) : NormalUpperQuantile(std::min(p, kPMax));
}

}  // namespace

std::optional<ErrorEffect> EstimateErrorEffect(std::span<const ErrorCount> a,
                                               std::span<const ErrorCount> b, double confidence) {
  if (a.size() < kRunsMin || b.size() < kRunsMin) {
    return std::nullopt;
  }
  const ErrorCount sum_a = Sum(a);
  const ErrorCount sum_b = Sum(b);
  const Scatter scatter_a = ScatterOf(a);
  const Scatter scatter_b = ScatterOf(b);
  ErrorEffect effect;
  effect.ratio_a = Ratio(sum_a);
  effect.ratio_b = Ratio(sum_b);
  effect.df = scatter_a.df + scatter_b.df;
  if (effect.df > 0) {
    const double scatter = (scatter_a.chi_square + scatter_b.chi_square) / effect.df;
    effect.dispersion = std::max(1.0, scatter);
  } else {
    // Every run of each side agrees (none wrong, or all): nothing scatters.
    effect.df = static_cast<double>(a.size() + b.size()) - 2;
  }
  const double shrink = std::sqrt(effect.dispersion);
  effect.p_upper = StudentUpperTail(ExactDeviate(sum_a, sum_b) / shrink, effect.df);
  const double p_lower = StudentUpperTail(ExactDeviate(sum_b, sum_a) / shrink, effect.df);
  effect.p_two_sided = std::min(1.0, 2 * std::min(effect.p_upper, p_lower));
  const double z = StudentQuantile((1 + confidence) / 2, effect.df);
  const double n_a = static_cast<double>(sum_a.planned) / effect.dispersion;
  const double n_b = static_cast<double>(sum_b.planned) / effect.dispersion;
  effect.interval = Newcombe(effect.ratio_a, Wilson(effect.ratio_a, n_a, z), effect.ratio_b,
                             Wilson(effect.ratio_b, n_b, z));
  return effect;
}

}  // namespace weir::analysis
