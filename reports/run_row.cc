#include "reports/run_row.h"

#include "base/check.h"
#include "reports/internal/latency_summary.h"

namespace weir::reports {
namespace {

std::size_t ColumnCalled(std::string_view key) {
  for (std::size_t i = 0; i < kLatencyColumns.size(); ++i) {
    if (kLatencyColumns[i].key == key) {
      return i;
    }
  }
  WEIR_CHECK(false);
}

}  // namespace

RunRow RunRowOf(const Run& run) {
  const StepRecord total = run.Total(Phase::kMeasure);
  const LatencySummary response = SummaryOf(total, LatencyKind::kResponse);
  RunRow row;
  row.run = run.id;
  row.scenario = run.plan.scenario;
  row.build = run.plan.build;
  row.branch = run.plan.branch;
  row.tag = run.plan.tag;
  row.target = run.plan.target;
  row.load = run.plan.load;
  row.environment = run.plan.environment;
  row.state = run.state;
  row.started_at = run.started_at;
  if (run.validity) {
    row.validity = run.validity->grade;
  }
  row.planned = total.counts.planned;
  row.completed = total.counts.of(Outcome::kCompleted);
  row.rate_per_s = RatesOf(run, total).achieved;
  for (std::size_t i = 0; i < kRowColumns.size(); ++i) {
    const LatencyValue& value = response.values[ColumnCalled(kRowColumns[i].key)];
    row.response[i] = {value.value_ns, value.value_ns.has_value() && value.lower_bound};
  }
  for (const ThresholdResult& threshold : run.thresholds) {
    row.thresholds_passed += threshold.state == ThresholdResult::State::kPass ? 1 : 0;
    row.thresholds_failed += threshold.state == ThresholdResult::State::kFail ? 1 : 0;
    row.thresholds_unknown += threshold.state == ThresholdResult::State::kUnknown ? 1 : 0;
  }
  return row;
}

}  // namespace weir::reports
