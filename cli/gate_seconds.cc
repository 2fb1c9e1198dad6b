#include "cli/gate_seconds.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "analysis/gate_prose.h"
#include "analysis/worst_window.h"
#include "base/summary_metric.h"

namespace weir::cli {
namespace {

Status AddWorst(store::Store& store, const std::vector<GateCriterion>& criteria, Run& run) {
  if (criteria.empty()) {
    return {};
  }
  const Result<std::vector<SecondPoint>> seconds = store.LoadSeconds(run.id);
  if (!seconds) {
    return tl::unexpected(seconds.error());
  }
  for (const GateCriterion& criterion : criteria) {
    if (const auto worst = analysis::WorstWindowNs(*seconds, criterion)) {
      AddTargetValue(run.target_metrics, 0,
                     {.name = SummaryMetric(analysis::MetricName(criterion)), .value = *worst});
    }
  }
  return {};
}

bool HasStretch(const Run& run, const GateScope& scope) {
  return std::any_of(run.stretches.begin(), run.stretches.end(), [&](const RunStretch& stretch) {
    return stretch.from_s == scope.from_s && stretch.to_s == scope.to_s;
  });
}

Status AddStretches(store::Store& store, const GatePolicy& policy, Run& run) {
  for (const GateCriterion& criterion : policy.criteria) {
    if (!criterion.scope.HasStretch() || HasStretch(run, criterion.scope)) {
      continue;
    }
    Result<RunStretch> stretch =
        store.LoadStretch(run.id, criterion.scope.from_s, criterion.scope.to_s);
    if (!stretch) {
      return tl::unexpected(stretch.error());
    }
    run.stretches.push_back(std::move(*stretch));
  }
  return {};
}

}  // namespace

Status AddSeconds(store::Store& store, const GatePolicy& policy, std::vector<Run>& runs) {
  std::vector<GateCriterion> windowed;
  std::copy_if(policy.criteria.begin(), policy.criteria.end(), std::back_inserter(windowed),
               [](const GateCriterion& criterion) { return criterion.window.count() > 0; });
  for (Run& run : runs) {
    if (Status added = AddWorst(store, windowed, run); !added) {
      return added;
    }
    if (Status added = AddStretches(store, policy, run); !added) {
      return added;
    }
  }
  return {};
}

}  // namespace weir::cli
