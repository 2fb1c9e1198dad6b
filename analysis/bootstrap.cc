#include "analysis/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "analysis/distributions.h"
#include "base/check.h"
#include "base/rng.h"

namespace weir::analysis {
namespace {

constexpr std::size_t kFewValues = 8;
constexpr double kDegenerateMax = 0.01;

std::uint64_t AllResamples(std::size_t size) {
  std::uint64_t all = 1;
  for (std::size_t i = 0; i < size; ++i) {
    all *= size;
  }
  return all;
}

// Calls `visit` with every resample (small samples) or as many as asked for.
template <typename Visit>
std::uint64_t ForEachResample(std::span<const double> values, const BootstrapOptions& options,
                              Visit visit) {
  std::vector<double> resample(values.size());
  if (values.size() <= kExactBootstrapMax) {
    const std::uint64_t all = AllResamples(values.size());
    for (std::uint64_t number = 0; number < all; ++number) {
      std::uint64_t digits = number;
      for (double& value : resample) {
        value = values[digits % values.size()];
        digits /= values.size();
      }
      visit(std::span<const double>(resample));
    }
    return all;
  }
  Rng rng(options.seed);
  for (std::uint64_t i = 0; i < options.resamples; ++i) {
    for (double& value : resample) {
      value = values[rng.Below(values.size())];
    }
    visit(std::span<const double>(resample));
  }
  return options.resamples;
}

// The smallest value that at least a share p does not exceed.
double QuantileOf(const std::vector<double>& sorted, double p) {
  const double rank = std::ceil(p * static_cast<double>(sorted.size()) * (1 - 1e-12));
  const auto index =
      static_cast<std::size_t>(std::clamp(rank, 1.0, static_cast<double>(sorted.size())) - 1);
  return sorted[index];
}

// Skewness of the jackknife values over 6; 0 when they do not vary.
double Acceleration(std::span<const double> values, const Statistic& statistic) {
  std::vector<double> left_out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::vector<double> others(values.begin(), values.end());
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    left_out.push_back(statistic(others));
  }
  double mean = 0;
  for (const double value : left_out) {
    mean += value / static_cast<double>(left_out.size());
  }
  double squares = 0;
  double cubes = 0;
  for (const double value : left_out) {
    const double distance = mean - value;
    squares += distance * distance;
    cubes += distance * distance * distance;
  }
  return squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0;
}

// How far out, in normal deviates, the ends lie before bias and acceleration.
double Reach(std::size_t size, const BootstrapOptions& options) {
  const double miss = (1 - options.confidence) / 2;
  if (options.widening == BootstrapOptions::Widening::kNone) {
    return NormalUpperQuantile(miss);
  }
  const auto n = static_cast<double>(size);
  return std::sqrt(n / (n - 1)) * StudentQuantile(1 - miss, n - 1);
}

std::optional<std::string> WhyNot(std::span<const double> values, const BootstrapOptions& options) {
  WEIR_CHECK(options.confidence > 0 && options.confidence < 1);
  WEIR_CHECK(options.resamples >= 200);
  if (values.size() < 3) {
    return fmt::format("a bootstrap interval of {} values was asked for; it needs at least 3",
                       values.size());
  }
  return std::nullopt;
}

BootstrapInterval Begin(std::span<const double> values, double estimate) {
  BootstrapInterval result;
  result.estimate = estimate;
  result.exact = values.size() <= kExactBootstrapMax;
  if (values.size() < kFewValues) {
    result.warnings.push_back(fmt::format(
        "{} values are few for a bootstrap: the true confidence may be lower", values.size()));
  }
  return result;
}

constexpr const char* kNoSpread =
    "no bootstrap interval: the statistic does not vary between resamples, or is not finite";

bool Usable(const std::vector<double>& sorted) {
  return !sorted.empty() && std::isfinite(sorted.front()) && std::isfinite(sorted.back()) &&
         sorted.front() < sorted.back();
}

}  // namespace

Result<BootstrapInterval> BcaInterval(std::span<const double> values, const Statistic& statistic,
                                      const BootstrapOptions& options) {
  if (const auto why = WhyNot(values, options)) {
    return UsageError(*why);
  }
  BootstrapInterval result = Begin(values, statistic(values));
  std::vector<double> sorted;
  result.resamples = ForEachResample(values, options, [&](std::span<const double> resample) {
    sorted.push_back(statistic(resample));
  });
  // NaN would break the order.
  if (std::any_of(sorted.begin(), sorted.end(), [](double x) { return !std::isfinite(x); })) {
    return UsageError(kNoSpread);
  }
  std::sort(sorted.begin(), sorted.end());
  if (!Usable(sorted)) {
    return UsageError(kNoSpread);
  }
  // Sums in another order differ by rounding; such values are ties, and ties count half.
  const double slack = 1e-12 * std::fabs(result.estimate);
  const auto below = std::lower_bound(sorted.begin(), sorted.end(), result.estimate - slack);
  const auto up_to = std::upper_bound(sorted.begin(), sorted.end(), result.estimate + slack);
  const auto count = static_cast<double>(sorted.size());
  const double share =
      (static_cast<double>(below - sorted.begin()) + static_cast<double>(up_to - sorted.begin())) /
      (2 * count);
  const double bias = NormalQuantile(std::clamp(share, 0.5 / count, 1 - 0.5 / count));
  const double acceleration = Acceleration(values, statistic);
  const auto end_at = [&](double deviate) {
    const double moved = bias + deviate;
    const double divisor = std::max(1 - acceleration * moved, 1e-3);
    return QuantileOf(sorted, NormalCdf(bias + moved / divisor));
  };
  const double reach = Reach(values.size(), options);
  result.interval = {.low = end_at(-reach), .high = end_at(reach)};
  return result;
}

Result<BootstrapInterval> StudentisedInterval(std::span<const double> values,
                                              const Statistic& statistic, const Statistic& error_of,
                                              const BootstrapOptions& options) {
  if (const auto why = WhyNot(values, options)) {
    return UsageError(*why);
  }
  BootstrapInterval result = Begin(values, statistic(values));
  const double error = error_of(values);
  std::vector<double> ratios;
  result.resamples = ForEachResample(values, options, [&](std::span<const double> resample) {
    const double ratio = (statistic(resample) - result.estimate) / error_of(resample);
    if (std::isfinite(ratio)) {
      ratios.push_back(ratio);
    }
  });
  std::sort(ratios.begin(), ratios.end());
  if (!Usable(ratios) || !std::isfinite(error)) {
    return UsageError(kNoSpread);
  }
  const double lost =
      1 - static_cast<double>(ratios.size()) / static_cast<double>(result.resamples);
  if (lost > kDegenerateMax) {
    result.warnings.push_back(
        fmt::format("{:.1f} % of the resamples did not vary and were left out", 100 * lost));
  }
  const double miss = (1 - options.confidence) / 2;
  result.interval = {.low = result.estimate - QuantileOf(ratios, 1 - miss) * error,
                     .high = result.estimate - QuantileOf(ratios, miss) * error};
  return result;
}

}  // namespace weir::analysis
