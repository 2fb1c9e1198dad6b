#include "reports/run_json.h"

#include "base/text.h"
#include "reports/internal/apdex_json.h"
#include "reports/internal/json.h"
#include "reports/internal/program_report.h"
#include "reports/internal/run_page_json.h"
#include "reports/internal/target_use.h"

namespace weir::reports {
namespace {

constexpr std::string_view kNothingMeasured = "the run ended before its measured phase";

Json RequestsToJson(const RequestCounts& counts) {
  Json json = {{"planned", counts.planned}};
  for (std::size_t i = 0; i < kOutcomeCount; ++i) {
    json[std::string(OutcomeName(static_cast<Outcome>(i)))] = counts.by_outcome[i];
  }
  return json;
}

Json RatesToJson(const Run& run, const StepRecord& record) {
  const Rates rates = RatesOf(run, record);
  const std::string_view no_plan =
      run.plan.open_loop ? kNothingMeasured : "a closed loop has no planned rate";
  Json json = Json::object();
  PutKnown(json, "planned", rates.planned, no_plan);
  PutKnown(json, "achieved", rates.achieved, kNothingMeasured);
  return json;
}

Json ErrorsToJson(const StepRecord& record) {
  Json json = Json::object();
  for (std::size_t i = 1; i < kRequestErrorCount; ++i) {
    if (record.errors[i] != 0) {
      json[std::string(RequestErrorName(static_cast<RequestError>(i)))] = record.errors[i];
    }
  }
  return json;
}

void PutLatencies(Json& json, const StepRecord& record) {
  const LatencyTable table = LatencyTableOf(record);
  json["latency_ns"] = {{"response", LatencyToJson(table.response)},
                        {"service", LatencyToJson(table.service)}};
  json["send_lag_ns"] = LatencyToJson(table.send_lag);
}

void PutParts(Json& json, const StepRecord& record) {
  if (record.parts.empty()) {
    PutUnknown(json, "parts_ns", "the run does not say where its time went");
    return;
  }
  Json parts = Json::object();
  for (std::size_t i = 0; i < kLatencyPartCount; ++i) {
    const auto part = static_cast<LatencyPart>(i);
    parts[std::string(LatencyPartName(part))] = LatencyToJson(SummaryOf(record, part));
  }
  json["parts_ns"] = std::move(parts);
}

// Of whole histograms a copy is what costs, so the record of a step is looked at where it lies.
const StepRecord& RecordOf(const Run& run, std::size_t step, const StepRecord& none) {
  for (const StepRecord& record : run.totals) {
    if (record.phase == Phase::kMeasure && record.step == step) {
      return record;
    }
  }
  return none;
}

Json StepsToJson(const Run& run, StepParts step_parts) {
  const StepRecord none;
  Json steps = Json::array();
  for (std::size_t i = 0; i < run.plan.steps.size(); ++i) {
    const StepRecord& record = RecordOf(run, i, none);
    Json step = {{"flow", run.plan.steps[i].flow}, {"name", run.plan.steps[i].step}};
    if (!run.plan.steps[i].tags.empty()) {
      step["tags"] = TagsText(run.plan.steps[i].tags);
    }
    step["requests"] = RequestsToJson(record.counts);
    step["rate_per_s"] = RatesToJson(run, record);
    PutLatencies(step, record);
    if (step_parts == StepParts::kEach) {
      PutParts(step, record);
    }
    step["errors"] = ErrorsToJson(record);
    steps.push_back(std::move(step));
  }
  return steps;
}

RequestCounts WarmUpCounts(const Run& run) {
  RequestCounts counts;
  for (const StepRecord& record : run.totals) {
    if (record.phase == Phase::kWarmUp) {
      counts += record.counts;
    }
  }
  return counts;
}

std::string_view ThresholdStateName(ThresholdResult::State state) {
  switch (state) {
    case ThresholdResult::State::kPass:
      return "pass";
    case ThresholdResult::State::kFail:
      return "fail";
    case ThresholdResult::State::kUnknown:
      break;
  }
  return "unknown";
}

std::string_view ThresholdUnit(Threshold::Metric metric) {
  switch (metric) {
    case Threshold::Metric::kErrorRate:
    case Threshold::Metric::kAchieved:
      return "ratio";
    case Threshold::Metric::kRate:
      return "per_s";
    case Threshold::Metric::kCount:
      return "count";
    case Threshold::Metric::kValue:
      return "";
    case Threshold::Metric::kValidity:
      return "grade";
    default:
      return "ns";
  }
}

Json ThresholdsToJson(const Run& run) {
  Json thresholds = Json::array();
  for (const ThresholdResult& result : run.thresholds) {
    Json json = {{"threshold", result.threshold.text},
                 {"step", result.threshold.step},
                 {"state", ThresholdStateName(result.state)},
                 {"unit", ThresholdUnit(result.threshold.metric)}};
    if (!result.threshold.tags.empty()) {
      json["tags"] = TagsText(result.threshold.tags);
    }
    PutKnown(json, "observed", result.observed,
             result.reason.empty() ? "not known" : std::string_view(result.reason));
    json["limit"] = result.threshold.limit;
    json["reason"] = result.reason;
    thresholds.push_back(std::move(json));
  }
  return thresholds;
}

Json EvidenceToJson(const Validity& validity) {
  Json json = Json::object();
  for (std::size_t i = 0; i < kEvidenceCount; ++i) {
    const EvidenceValue& value = validity.evidence[i];
    PutKnown(json, EvidenceName(static_cast<Evidence>(i)), value.value, value.unknown_because);
  }
  return json;
}

void PutValidity(Json& json, const Run& run) {
  if (!run.validity) {
    return PutUnknown(json, "validity", "the run was not judged when it was recorded");
  }
  Json reasons = Json::array();
  for (const ValidityReason& reason : run.validity->reasons) {
    reasons.push_back({{"check", ValidityCheckName(reason.check)},
                       {"grade", GradeName(reason.grade)},
                       {"text", reason.text}});
  }
  json["validity"] = {{"grade", GradeName(run.validity->grade)},
                      {"reasons", std::move(reasons)},
                      {"evidence", EvidenceToJson(*run.validity)}};
}

Json ResourcesToJson(const Run& run) {
  constexpr std::string_view kNeverSampled = "the generator was never sampled";
  Json json = Json::object();
  PutKnown(json, "cpu_s", run.cpu_s, kNeverSampled);
  if (run.rss_bytes_max) {
    json["rss_bytes_max"] = *run.rss_bytes_max;
  } else {
    PutUnknown(json, "rss_bytes_max", kNeverSampled);
  }
  return json;
}

Json TargetToJson(const Run& run) {
  Json metrics = Json::array();
  for (const TargetUse& use : TargetUses(run)) {
    const TargetMetric& metric = *use.metric;
    Json json = {{"name", metric.name},
                 {"kind", metric.IsCounter() ? "counter" : "level"},
                 {"samples", metric.samples},
                 {"first_second", metric.first_second},
                 {"last_second", metric.last_second},
                 {"first", metric.first},
                 {"last", metric.last},
                 {"min", metric.min},
                 {"max", metric.max}};
    if (metric.IsCounter()) {
      PutKnown(json, "total", use.total, use.reason);
      PutKnown(json, "per_s", use.per_s, use.total ? "it was seen once only" : use.reason);
      PutKnown(json, "per_request", use.per_request, use.reason);
    }
    metrics.push_back(std::move(json));
  }
  return metrics;
}

void PutPlan(Json& json, const Run& run) {
  json["scenario"] = run.plan.scenario;
  json["target"] = run.plan.target;
  json["build"] = run.plan.build;
  json["branch"] = run.plan.branch;
  json["tag"] = run.plan.tag;
  json["state"] = RunStateName(run.state);
  json["state_reason"] = run.state_reason;
  json["started_at"] = FormatWallTime(run.started_at);
  json["duration_s"] = Seconds(run.duration);
  json["measured_s"] = Seconds(run.measured);
  json["warm_up_s"] = Seconds(run.plan.warm_up);
  json["seed"] = run.plan.seed;
  json["load"] = run.plan.load;
  json["environment"] = run.plan.environment;
  json["weir_version"] = run.plan.weir_version;
}

}  // namespace

Json RunToJson(const Run& run) {
  return RunToJson(run, run.Total(Phase::kMeasure), StepParts::kEach);
}

Json RunToJson(const Run& run, const StepRecord& total, StepParts step_parts) {
  Json json = {{"schema", "weir.run/1"}};
  if (run.id > 0) {
    json["run"] = run.id;
  } else {
    PutUnknown(json, "run", "the run was not stored");
  }
  PutPlan(json, run);
  PutValidity(json, run);
  json["requests"] = RequestsToJson(total.counts);
  json["warm_up"] = {{"requests", RequestsToJson(WarmUpCounts(run))}};
  json["rate_per_s"] = RatesToJson(run, total);
  PutLatencies(json, total);
  PutParts(json, total);
  PutUsage(json, run, total);
  json["measurements"] = MeasurementsToJson(run);
  json["errors"] = ErrorsToJson(total);
  json["steps"] = StepsToJson(run, step_parts);
  json["thresholds"] = ThresholdsToJson(run);
  json["resources"] = ResourcesToJson(run);
  if (run.target_metrics.empty()) {
    PutUnknown(json, "target_resources", "the target was not watched, or nothing of it was seen");
  } else {
    json["target_resources"] = TargetToJson(run);
  }
  return json;
}

std::string RunJson(const Run& run, std::span<const StepApdex> apdex) {
  Json json = RunToJson(run);
  if (apdex.empty()) {
    PutUnknown(json, "apdex", "no target T: give --apdex, or the steps of the scenario 'apdex:'");
  } else {
    json["apdex"] = ApdexToJson(apdex);
  }
  return JsonText(json, JsonLayout::kPretty);
}

}  // namespace weir::reports
