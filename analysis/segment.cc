#include "analysis/segment.h"

#include <algorithm>

#include "analysis/changepoint.h"

namespace weir::analysis {

Segment NewestSegment(std::span<const Series> metrics) {
  Segment segment;
  for (const Series& metric : metrics) {
    const ChangePoints found =
        FindChangePoints({.values = metric.values, .standard_errors = metric.errors});
    if (!found.points.empty() && found.points.back().index > segment.first) {
      segment.first = found.points.back().index;
      segment.moved = metric.name;
    }
    for (const std::string& warning : found.warnings) {
      std::string text = metric.name + ": " + warning;
      if (std::find(segment.warnings.begin(), segment.warnings.end(), text) ==
          segment.warnings.end()) {
        segment.warnings.push_back(std::move(text));
      }
    }
  }
  return segment;
}

}  // namespace weir::analysis
