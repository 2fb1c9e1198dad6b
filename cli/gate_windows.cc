#include "cli/gate_windows.h"

#include <algorithm>
#include <optional>

#include "analysis/gate_prose.h"
#include "analysis/worst_window.h"
#include "base/summary_metric.h"

namespace weir::cli {

Status AddWindows(store::Store& store, const GatePolicy& policy, std::vector<Run>& runs) {
  std::vector<GateCriterion> windowed;
  std::copy_if(policy.criteria.begin(), policy.criteria.end(), std::back_inserter(windowed),
               [](const GateCriterion& criterion) { return criterion.window.count() > 0; });
  if (windowed.empty()) {
    return {};
  }
  for (Run& run : runs) {
    const Result<std::vector<SecondPoint>> seconds = store.LoadSeconds(run.id);
    if (!seconds) {
      return tl::unexpected(seconds.error());
    }
    for (const GateCriterion& criterion : windowed) {
      if (const auto worst = analysis::WorstWindowNs(*seconds, criterion)) {
        AddTargetValue(run.target_metrics, 0,
                       {.name = SummaryMetric(analysis::MetricName(criterion)), .value = *worst});
      }
    }
  }
  return {};
}

}  // namespace weir::cli
