#pragma once

#include <span>
#include <string>
#include <vector>

#include "analysis/ux.h"
#include "analysis/web_vitals.h"
#include "base/series.h"
#include "reports/text_options.h"

/// What `weir analyze ux` prints.
namespace weir::reports {

/// A column that is a web vital.
struct RatedVital {
  std::string column;
  const analysis::WebVital* vital = nullptr;
  analysis::WebVitalResult result;
};

/// The answer for the rows with one combination of labels.
struct UxGroup {
  std::string name;   ///< "step=buy segment=mobile"; empty = all rows.
  SeriesTable table;  ///< Its rows.
  std::vector<analysis::UxPair> pairs;
  std::vector<RatedVital> vitals;
};

/// Tables, the dose response of every association, and the sentence that correlation is no cause.
std::string RenderUx(const std::string& file, std::span<const UxGroup> groups,
                     const TextOptions& given);

/// What --explain adds: for each pair, why it was called or not.
std::string ExplainUx(std::span<const UxGroup> groups, const TextOptions& given);

/// One line, schema "weir.analyze/1": "groups" with "pairs", "web_vitals" and "warnings".
std::string UxJson(const std::string& file, std::span<const UxGroup> groups);

}  // namespace weir::reports
