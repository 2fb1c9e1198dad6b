#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/series.h"

namespace weir::cli {

/// Which numbers of a history.
struct StoreSeries {
  std::string scenario;
  std::string step;                  ///< Empty = the whole run.
  std::vector<std::string> metrics;  ///< As ParseRunMetric (analysis/run_metric.h).
};

/// One row per complete run of the scenario, oldest first, with its build as label and the standard
/// error of each value. A run that does not know a metric has a missing value and a warning.
/// Errors: kUsage for an unknown metric, or a scenario without complete runs (it names those that
/// there are); kUnavailable from the store. Memory: one run at a time.
Result<SeriesTable> ReadSeriesFromStore(const std::string& store_path, const StoreSeries& what);

}  // namespace weir::cli
