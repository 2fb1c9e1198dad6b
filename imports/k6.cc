#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "imports/internal/draft.h"

/// The summaries of k6, in their three shapes, told apart by their members:
///
///   --summary-export               metrics.NAME.{avg, "p(95)", ...}
///   handleSummary                  metrics.NAME.{type, contains, values: {...}}
///   --new-machine-readable-summary results.metrics[{name, type, contains, values: {...}}]
///
/// One run. http_req_duration has a mean and percentiles but no values: they are kept as recorded
/// metrics (summary.response_time.p95, ...). Requests come from http_reqs, the wrong ones from
/// http_req_failed. Other metrics are kept under k6's names. Thresholds are not taken: the legacy
/// shape writes `true` for a threshold that was missed, the newest has none.
namespace weir::imports::internal {
namespace {

constexpr std::string_view kShape =
    "give what k6 writes with --summary-export, handleSummary or --new-machine-readable-summary";
constexpr double kNsPerMs = 1e6;
constexpr std::size_t kMetricsMax = 60;

// The values of one metric, wherever they are.
const nlohmann::json& ValuesOf(const nlohmann::json& metric) {
  const auto values = metric.is_object() ? metric.find("values") : metric.end();
  return values != metric.end() ? *values : metric;
}

using Metrics = std::map<std::string, nlohmann::json>;

std::optional<Metrics> MetricsOf(const nlohmann::json& document) {
  const nlohmann::json& root = document.contains("results") ? document["results"] : document;
  const auto metrics = root.is_object() ? root.find("metrics") : root.end();
  if (metrics == root.end()) {
    return std::nullopt;
  }
  Metrics found;
  if (metrics->is_object()) {
    for (const auto& [name, metric] : metrics->items()) {
      found[name] = ValuesOf(metric);
    }
    return found;
  }
  for (const nlohmann::json& metric : *metrics) {
    found[TextAt(metric, "name")] = ValuesOf(metric);
  }
  return found;
}

// "p(95)" as "p95", "med" as "p50", "avg" as "mean".
std::optional<std::string> StatisticName(const std::string& key) {
  if (key == "avg") {
    return "mean";
  }
  if (key == "med") {
    return "p50";
  }
  if (key == "min" || key == "max") {
    return key;
  }
  if (key.starts_with("p(") && key.ends_with(')')) {
    const auto percent = NumberIn(std::string_view(key).substr(2, key.size() - 3));
    return percent && *percent > 0 && *percent < 100 ? std::optional(fmt::format("p{:g}", *percent))
                                                     : std::nullopt;
  }
  return std::nullopt;
}

void AddDurations(const nlohmann::json& durations, Draft& draft) {
  for (const auto& [key, value] : durations.items()) {
    const auto name = StatisticName(key);
    if (name && value.is_number()) {
      draft.Summary("response_time." + *name, value.get<double>() * kNsPerMs);
    }
  }
}

// The rest of what k6 measured, one number for each metric.
void AddOthers(const Metrics& metrics, Draft& draft) {
  std::size_t kept = 0;
  for (const auto& [name, values] : metrics) {
    const bool taken = name == "http_req_duration" || name == "http_reqs" ||
                       name == "http_req_failed" || name.find('{') != std::string::npos;
    for (const char* key : {"count", "rate", "value", "avg"}) {
      const auto number = NumberAt(values, key);
      if (!taken && number && kept < kMetricsMax) {
        draft.Metric(fmt::format("k6.{}.{}", name, key), *number);
        ++kept;
        break;
      }
    }
  }
}

Nanos DurationOf(const nlohmann::json& document, double requests, double rate) {
  if (document.contains("state")) {
    if (const auto ms = NumberAt(document["state"], "testRunDurationMs"); ms && *ms > 0) {
      return FromSeconds(std::min(*ms / 1e3, 1e7));
    }
  }
  if (document.contains("config")) {
    if (const auto seconds = NumberAt(document["config"], "duration"); seconds && *seconds > 0) {
      return FromSeconds(std::min(*seconds, 1e7));
    }
  }
  return rate > 0 ? FromSeconds(std::min(requests / rate, 1e7)) : Nanos(0);
}

}  // namespace

Result<std::vector<Run>> ReadK6(const ImportSource& source) {
  const Result<nlohmann::json> document = ParseJson(source, kShape);
  if (!document) {
    return tl::unexpected(document.error());
  }
  const std::optional<Metrics> metrics =
      document->is_object() ? MetricsOf(*document) : std::nullopt;
  if (!metrics) {
    return Wrong(source, 0, "it has no 'metrics'", kShape);
  }
  const auto requests = metrics->find("http_reqs");
  const auto durations = metrics->find("http_req_duration");
  const auto count = requests == metrics->end() ? std::nullopt : CountAt(requests->second, "count");
  if (!count || *count == 0 || durations == metrics->end() || !durations->second.is_object()) {
    return Wrong(source, 0, "it has no 'http_reqs' with a count, or no 'http_req_duration'",
                 "only tests that send HTTP requests can be imported");
  }
  Draft draft(source, "k6", "");
  const auto failed = metrics->find("http_req_failed");
  // The legacy shape has 'value', the newer ones 'rate': the share that failed.
  const std::optional<double> share = failed == metrics->end() ? std::optional(0.0)
                                      : NumberAt(failed->second, "rate")
                                          ? NumberAt(failed->second, "rate")
                                          : NumberAt(failed->second, "value");
  const double wrong_share = std::clamp(share.value_or(0), 0.0, 1.0);
  const auto wrong =
      static_cast<std::uint64_t>(std::llround(wrong_share * static_cast<double>(*count)));
  StepRecord& record = *draft.Step("request");
  AddCounts(record, Outcome::kCompleted, *count - wrong);
  AddCounts(record, Outcome::kFailed, wrong);
  AddDurations(durations->second, draft);
  AddOthers(*metrics, draft);
  const double rate = NumberAt(requests->second, "rate").value_or(0);
  return std::vector<Run>{
      draft.Finish(source.file_time, DurationOf(*document, static_cast<double>(*count), rate))};
}

}  // namespace weir::imports::internal
