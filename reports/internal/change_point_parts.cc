#include "reports/internal/change_point_parts.h"

#include <fmt/format.h>

#include "base/text.h"
#include "reports/series_plot.h"

namespace weir::reports {

std::string ConfidenceText(double confidence) {
  return confidence > 0.999 ? "> 99.9 %" : fmt::format("{:.1f} %", 100 * confidence);
}

std::string ChangeText(const analysis::ChangePoint& point, std::string_view unit) {
  return point.change_ratio ? FormatChange(*point.change_ratio)
                            : SeriesValueText(point.change, unit);
}

void PutStep(Json& json, const analysis::ChangePoint& point) {
  constexpr std::string_view kNoRatio = "the values are not all positive";
  PutKnown(json, "change_ratio", point.change_ratio, kNoRatio);
  if (point.change_ratio_interval) {
    json["change_ratio_interval"] = {{"low", point.change_ratio_interval->low},
                                     {"high", point.change_ratio_interval->high}};
  } else {
    PutUnknown(json, "change_ratio_interval", kNoRatio);
  }
  json["change"] = point.change;
  json["before"] = point.before;
  json["after"] = point.after;
  json["confidence"] = point.confidence;
  json["went_away"] = point.went_away;
}

}  // namespace weir::reports
