#include "analysis/web_vitals.h"

#include <array>
#include <utility>

#include "analysis/series_summary.h"

namespace weir::analysis {
namespace {

constexpr std::array<WebVital, 5> kVitals = {{{"LCP", "ms", 2'500, 4'000},
                                              {"INP", "ms", 200, 500},
                                              {"CLS", "", 0.1, 0.25},
                                              {"FCP", "ms", 1'800, 3'000},
                                              {"TTFB", "ms", 800, 1'800}}};
constexpr double kJudgedAt = 0.75;

bool SameLetters(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char lower = a[i] >= 'a' && a[i] <= 'z' ? static_cast<char>(a[i] - 'a' + 'A') : a[i];
    if (lower != b[i]) {
      return false;
    }
  }
  return true;
}

WebVitalRating RatingOf(const WebVital& vital, double value) {
  if (value <= vital.good_max) {
    return WebVitalRating::kGood;
  }
  return value > vital.poor_min ? WebVitalRating::kPoor : WebVitalRating::kNeedsImprovement;
}

}  // namespace

std::span<const WebVital> WebVitals() {
  return kVitals;
}

std::optional<WebVitalColumn> WebVitalOf(std::string_view column) {
  constexpr std::array<std::pair<std::string_view, double>, 4> kUnits = {
      {{"ms", 1}, {"s", 1e3}, {"us", 1e-3}, {"ns", 1e-6}}};
  const std::size_t underscore = column.find('_');
  for (const WebVital& vital : kVitals) {
    if (!SameLetters(column.substr(0, underscore), vital.name)) {
      continue;
    }
    if (underscore == std::string_view::npos) {
      return WebVitalColumn{&vital, 1};
    }
    for (const auto& [unit, scale] : kUnits) {
      if (!vital.unit.empty() && column.substr(underscore + 1) == unit) {
        return WebVitalColumn{&vital, scale};
      }
    }
  }
  return std::nullopt;
}

std::string_view WebVitalRatingName(WebVitalRating rating) {
  switch (rating) {
    case WebVitalRating::kGood:
      return "good";
    case WebVitalRating::kNeedsImprovement:
      return "needs improvement";
    case WebVitalRating::kPoor:
      return "poor";
    case WebVitalRating::kUnknown:
      break;
  }
  return "unknown";
}

WebVitalResult RateWebVital(const WebVital& vital, std::span<const double> samples) {
  WebVitalResult result;
  for (const double sample : samples) {
    result.samples += sample == sample ? 1U : 0U;  // NOLINT(misc-redundant-expression): NaN
  }
  const auto quantile = QuantileOfSeries(samples, kJudgedAt, 0.95);
  if (!quantile) {
    return result;
  }
  result.p75 = quantile->value;
  result.interval = quantile->interval;
  result.rating = RatingOf(vital, quantile->value);
  result.certain = quantile->interval &&
                   RatingOf(vital, quantile->interval->low) == result.rating &&
                   RatingOf(vital, quantile->interval->high) == result.rating;
  return result;
}

}  // namespace weir::analysis
