#include "monitor/sources/prometheus_answer.h"

#include <cmath>
#include <map>
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

// Thanos and VictoriaMetrics answer by what is left of them unless they are told not to: alerts
// about what is missing would end. Others do not know the words.
constexpr std::string_view kWhole = "&partial_response=false&deny_partial_response=1";

constexpr double kTimeMaxS = 9e9;
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

std::string FormEncoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || c == '.';
    if (plain) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return encoded;
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

/// The samples of one series. Of what is not whole, one is malformed.
void ReadSeries(const Json& item, std::map<WallTime, Reading>& looks, SourceLedger& ledger) {
  const bool whole = item.is_object() && item.contains("metric") && item.contains("values") &&
                     item["values"].is_array();
  const std::shared_ptr<const SeriesName> name = whole ? NameOf(item["metric"]) : nullptr;
  if (name == nullptr) {
    ledger.Reject("malformed");
    return;
  }
  for (const Json& pair : item["values"]) {
    const std::optional<double> value = ValueOf(pair);
    const double at_s = value ? pair[0].get<double>() : 0;
    if (!value || !(at_s >= 0 && at_s < kTimeMaxS)) {
      ledger.Reject("malformed");
    } else {
      // In milliseconds, as servers have it.
      const std::chrono::milliseconds at(std::llround(at_s * 1e3));
      looks[WallTime(at)].Ingest({name, *value, 0});
    }
  }
}

/// Whether it is one of a Prometheus server, with a result.
Status CheckAnswer(const Json& json) {
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
  if (!json.contains("data")) {
    return Unavailable("its answer has no result");
  }
  const Json& data = json["data"];
  if (!data.is_object() || !data.contains("resultType") || !data.contains("result")) {
    return Unavailable("its answer has no result");
  }
  return {};
}

}  // namespace

Result<RangeAnswer> ReadPrometheusRange(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (const Status fits = CheckAnswer(json); !fits) {
    return tl::unexpected(fits.error());
  }
  const Json& data = json["data"];
  if (data["resultType"] != "matrix" || !data["result"].is_array()) {
    return Unavailable("its answer to a range query is no matrix");
  }
  std::map<WallTime, Reading> looks;
  RangeAnswer past{.looks = {}, .series = data["result"].size(), .ledger = {}};
  for (const Json& item : data["result"]) {
    ReadSeries(item, looks, past.ledger);
  }
  for (auto& [at, reading] : looks) {
    past.ledger.Add(reading.ledger);
    past.looks.push_back({at, std::move(reading)});
  }
  return past;
}

std::string PrometheusForm(std::string_view query, Nanos timeout) {
  return fmt::format("query={}&timeout={}ms{}", FormEncoded(query), CountNs(timeout) / 1'000'000,
                     kWhole);
}

Result<Reading> ReadPrometheusAnswer(std::string_view text, std::size_t query) {
  const Json json = Json::parse(text, nullptr, false);
  if (const Status fits = CheckAnswer(json); !fits) {
    return tl::unexpected(fits.error());
  }
  const Json& data = json["data"];
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
