#include "monitor/sources/prometheus_answer.h"

#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "loadgen/metrics_text.h"

namespace weir::monitor {
namespace {

using Json = nlohmann::json;

constexpr double kHiddenMaxS = 86'400;

/// Of `[unix seconds, "value"]`.
std::optional<double> ValueOf(const Json& pair) {
  if (!pair.is_array() || pair.size() != 2 || !pair[0].is_number() || !pair[1].is_string()) {
    return std::nullopt;
  }
  return loadgen::ParseMetricValue(pair[1].get_ref<const std::string&>());
}

std::shared_ptr<const SeriesName> NameOf(const Json& metric) {
  auto name = std::make_shared<SeriesName>();
  if (!metric.is_object()) {
    return nullptr;
  }
  for (const auto& [label, value] : metric.items()) {
    if (!value.is_string()) {
      return nullptr;
    }
    if (label == "__name__") {
      name->metric = value.get<std::string>();
    } else if (!value.get_ref<const std::string&>().empty()) {
      name->labels.emplace(label, value.get<std::string>());
    }
  }
  return name;
}

void ReadVector(const Json& result, std::size_t query, Reading& reading) {
  for (const Json& item : result) {
    const bool whole = item.is_object() && item.contains("metric") && item.contains("value");
    std::shared_ptr<const SeriesName> name = whole ? NameOf(item["metric"]) : nullptr;
    const std::optional<double> value = whole ? ValueOf(item["value"]) : std::nullopt;
    if (name == nullptr || !value) {
      reading.ledger.Reject("malformed");
    } else {
      reading.Ingest({std::move(name), *value, query});
    }
  }
}

std::string TextOf(const Json& json, const char* key) {
  return json.contains(key) && json[key].is_string() ? Printable(json[key].get<std::string>(), 300)
                                                     : std::string();
}

void ReadWarnings(const Json& json, Reading& reading) {
  for (const char* key : {"warnings", "infos"}) {
    if (!json.contains(key) || !json[key].is_array()) {
      continue;
    }
    for (const Json& warning : json[key]) {
      if (warning.is_string()) {
        reading.Warn(warning.get_ref<const std::string&>());
      }
    }
  }
}

}  // namespace

Result<Reading> ReadPrometheusAnswer(std::string_view text, std::size_t query) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("status")) {
    return Unavailable("its answer is not that of a Prometheus server");
  }
  if (json["status"] != "success") {
    return Unavailable(
        fmt::format("it says {}: {}", TextOf(json, "errorType"), TextOf(json, "error")));
  }
  // Alerts about series that are only missing from it would end.
  if (json.contains("isPartial") && json["isPartial"] == true) {
    return Unavailable("its answer is partial: some of its storage nodes do not answer");
  }
  const Json data = json.value("data", Json());
  if (!data.is_object() || !data.contains("resultType") || !data.contains("result")) {
    return Unavailable("its answer has no result");
  }
  const Json& result = data["result"];
  Reading reading;
  ReadWarnings(json, reading);
  if (data["resultType"] == "vector" && result.is_array()) {
    ReadVector(result, query, reading);
    return reading;
  }
  if (data["resultType"] == "scalar") {
    if (const std::optional<double> value = ValueOf(result)) {
      reading.Ingest({std::make_shared<const SeriesName>(), *value, query});
    } else {
      reading.ledger.Reject("malformed");
    }
    return reading;
  }
  return Unavailable(
      fmt::format("the query gives a {}; write one that gives an instant vector, for "
                  "example without [5m] at its end",
                  TextOf(data, "resultType")));
}

std::optional<Nanos> ReadHiddenSpan(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  const Json::json_pointer whole("/data/result");
  const Json::json_pointer first("/data/result/0/value");
  if (!json.is_object() || !json.contains(whole)) {
    return std::nullopt;
  }
  // A scalar, or a vector of one as in VictoriaMetrics.
  const Json& pair = json.contains(first) ? json.at(first) : json.at(whole);
  const std::optional<double> evaluated_at = ValueOf(pair);
  const double behind_s = evaluated_at ? pair[0].get<double>() - *evaluated_at : -1;
  if (!(behind_s >= 0 && behind_s < kHiddenMaxS)) {
    return std::nullopt;
  }
  return Nanos(std::llround(behind_s * 1e9));
}

}  // namespace weir::monitor
