#include "reports/history.h"

#include "base/text.h"
#include "reports/internal/history_changes.h"
#include "reports/internal/json.h"
#include "reports/internal/latency_summary.h"

namespace weir::reports {

std::string_view StateWord(const HistoryRow& row) {
  return row.in_progress ? "running" : RunStateName(row.state);
}

HistoryRow HistoryRowOf(const Run& run) {
  const StepRecord total = run.Total(Phase::kMeasure);
  const LatencySummary response = SummaryOf(total, LatencyKind::kResponse);
  HistoryRow row;
  row.run = run.id;
  row.scenario = run.plan.scenario;
  row.target = run.plan.target;
  row.build = run.plan.build;
  row.branch = run.plan.branch;
  row.tag = run.plan.tag;
  row.state = run.state;
  row.started_at = run.started_at;
  row.duration = run.duration;
  row.requests = total.counts.planned;
  row.error_ratio = total.counts.ErrorRatio();
  row.rate_per_s = RatesOf(run, total).achieved;
  row.p50_ns = response.values[kColumnP50].value_ns;
  row.p99_ns = response.values[kColumnP99].value_ns;
  row.p50_lower_bound = response.values[kColumnP50].lower_bound;
  row.p99_lower_bound = response.values[kColumnP99].lower_bound;
  return row;
}

Json HistoryRowToJson(const HistoryRow& row) {
  constexpr std::string_view kTooFew = "not enough samples in the measured phase";
  Json json = {{"run", row.run},          {"scenario", row.scenario},
               {"target", row.target},    {"build", row.build},
               {"branch", row.branch},    {"tag", row.tag},
               {"state", StateWord(row)}, {"started_at", FormatWallTime(row.started_at)}};
  PutKnown(json, "duration_s", row.duration ? std::optional(Seconds(*row.duration)) : std::nullopt,
           "the run has not come to its end");
  if (row.requests) {
    json["requests"] = *row.requests;
  } else {
    PutUnknown(json, "requests", "not counted");
  }
  PutKnown(json, "error_ratio", row.error_ratio, "no request was planned");
  PutKnown(json, "rate_per_s", row.rate_per_s, "the run ended before its measured phase");
  json["latency_ns"] = Json::object();
  PutKnown(json["latency_ns"], "p50", row.p50_ns, kTooFew);
  PutKnown(json["latency_ns"], "p99", row.p99_ns, kTooFew);
  Json bounds = Json::array();
  if (row.p50_ns && row.p50_lower_bound) {
    bounds.push_back("p50");
  }
  if (row.p99_ns && row.p99_lower_bound) {
    bounds.push_back("p99");
  }
  json["latency_ns"]["lower_bounds"] = std::move(bounds);
  return json;
}

std::string HistoryJson(std::span<const HistoryRow> rows,
                        const std::optional<analysis::HistoryChanges>& changes) {
  Json runs = Json::array();
  for (const HistoryRow& row : rows) {
    runs.push_back(HistoryRowToJson(row));
  }
  Json json = {{"schema", "weir.history/1"}, {"runs", std::move(runs)}};
  if (changes) {
    json["changes"] = HistoryChangesToJson(*changes);
  } else {
    PutUnknown(json, "changes", "change points were not looked for");
  }
  return JsonText(json, JsonLayout::kPretty);
}

}  // namespace weir::reports
