#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/verdict.h"

namespace weir::analysis {

/// A measure of how a page feels, and its limits.
struct WebVital {
  std::string_view name;  ///< "LCP".
  std::string_view unit;  ///< "ms", or empty for a plain number.
  double good_max = 0;    ///< In `unit`; up to here good.
  double poor_min = 0;    ///< Above this poor; between them needs improvement.
};

/// LCP 2,500 / 4,000 ms, INP 200 / 500 ms, CLS 0.1 / 0.25, FCP 1,800 / 3,000 ms, TTFB 800 / 1,800
/// ms. Source: web.dev, "Web Vitals" (limits as of 2024).
std::span<const WebVital> WebVitals();

/// The vital that a column means and the factor from the column's unit to the vital's: `LCP`,
/// `lcp_ms`, `TTFB_s`, `inp_ns`, `CLS`. No value for any other name.
struct WebVitalColumn {
  const WebVital* vital = nullptr;
  double scale = 1;
};

std::optional<WebVitalColumn> WebVitalOf(std::string_view column);

enum class WebVitalRating { kGood, kNeedsImprovement, kPoor, kUnknown };

std::string_view WebVitalRatingName(WebVitalRating rating);

/// A vital as it is judged: by its 75th percentile.
struct WebVitalResult {
  std::optional<double> p75;
  std::optional<Interval> interval;  ///< 95 %, with the effective size.
  std::size_t samples = 0;
  WebVitalRating rating = WebVitalRating::kUnknown;  ///< Of p75; kUnknown without values.
  bool certain = false;                              ///< The whole interval has that rating.
};

/// `samples` in the vital's unit, in order of time; NaN = missing.
WebVitalResult RateWebVital(const WebVital& vital, std::span<const double> samples);

}  // namespace weir::analysis
