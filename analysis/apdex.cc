#include "analysis/apdex.h"

#include <algorithm>
#include <cmath>

#include "analysis/distributions.h"
#include "base/check.h"

namespace weir::analysis {
namespace {

constexpr std::uint64_t kFewRequests = 100;
constexpr std::uint64_t kToleratingFactor = 4;

// Wilson's interval; the variance of the marks 0, 1/2, 1 is that of a share, less a quarter of the
// tolerating.
Interval ScoreInterval(double score, double tolerating_share, double size) {
  const double z = NormalQuantile(0.975);
  const double centre = (score + z * z / (2 * size)) / (1 + z * z / size);
  const double variance = std::max(score * (1 - score) - tolerating_share / 4, 0.0);
  const double reach =
      z / (1 + z * z / size) * std::sqrt(variance / size + z * z / (4 * size * size));
  return {.low = std::max(std::min(centre - reach, score), 0.0),
          .high = std::min(std::max(centre + reach, score), 1.0)};
}

// Fills in what follows from the counts, if there are any.
std::optional<Apdex> Scored(Apdex apdex) {
  const std::uint64_t total = apdex.satisfied + apdex.tolerating + apdex.frustrated;
  if (total == 0) {
    return std::nullopt;
  }
  const auto size = static_cast<double>(total);
  const double tolerating_share = static_cast<double>(apdex.tolerating) / size;
  apdex.score = static_cast<double>(apdex.satisfied) / size + tolerating_share / 2;
  apdex.interval = ScoreInterval(apdex.score, tolerating_share, size);
  apdex.few = total < kFewRequests;
  return apdex;
}

}  // namespace

std::optional<Apdex> ApdexOf(const Histogram& answered, std::uint64_t failed, Nanos t) {
  WEIR_CHECK(t.count() > 0);
  const auto target_ns = static_cast<std::uint64_t>(t.count());
  const std::uint64_t tolerable_ns = target_ns > Histogram::kHighestNs / kToleratingFactor
                                         ? static_cast<std::uint64_t>(Histogram::kHighestNs)
                                         : target_ns * kToleratingFactor;
  Apdex apdex;
  apdex.satisfied = answered.CountAtOrBelowNs(
      std::min(target_ns, static_cast<std::uint64_t>(Histogram::kHighestNs)));
  apdex.tolerating = answered.CountAtOrBelowNs(tolerable_ns) - apdex.satisfied;
  apdex.frustrated = answered.count() + failed - apdex.satisfied - apdex.tolerating;
  return Scored(apdex);
}

std::optional<Apdex> ApdexOf(const Run& run, int step, Nanos t) {
  const StepRecord total = run.Total(Phase::kMeasure, step);
  Histogram answered;
  if (const auto completed = total.latency.find(Outcome::kCompleted);
      completed != total.latency.end()) {
    answered.Merge(completed->second.response);
  }
  const std::uint64_t planned = std::max(total.counts.planned, answered.count());
  return ApdexOf(answered, planned - answered.count(), t);
}

std::optional<Apdex> CombinedApdex(std::span<const Apdex> steps) {
  Apdex sum;
  for (const Apdex& step : steps) {
    sum.satisfied += step.satisfied;
    sum.tolerating += step.tolerating;
    sum.frustrated += step.frustrated;
  }
  return Scored(sum);
}

std::string_view ApdexRating(double score) {
  if (score >= 0.94) {
    return "excellent";
  }
  if (score >= 0.85) {
    return "good";
  }
  return score >= 0.70 ? "fair" : score >= 0.50 ? "poor" : "unacceptable";
}

}  // namespace weir::analysis
