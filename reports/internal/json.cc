#include "reports/internal/json.h"

#include <cmath>
#include <utility>

namespace weir::reports {
namespace {

std::string WithoutTags(const std::string& raw) {
  std::string text;
  text.reserve(raw.size() + 1);
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const bool opens_tag =
        raw[i] == '<' && i + 1 < raw.size() && (raw[i + 1] == '/' || raw[i + 1] == '!');
    if (opens_tag) {
      text += "\\u003c";
    } else {
      text += raw[i];
    }
  }
  return text;
}

}  // namespace

std::string JsonText(const Json& json, JsonLayout layout) {
  const int indent = layout == JsonLayout::kPretty ? 2 : -1;
  std::string raw = json.dump(indent, ' ', false, Json::error_handler_t::replace);
  // An answer may hold ten million numbers, and seldom has a tag.
  const bool has_tag = raw.find("</") != std::string::npos || raw.find("<!") != std::string::npos;
  std::string text = has_tag ? WithoutTags(raw) : std::move(raw);
  if (layout == JsonLayout::kPretty) {
    text += '\n';
  }
  return text;
}

void PutUnknown(Json& object, std::string_view key, std::string_view reason) {
  object[std::string(key)] = nullptr;
  object[std::string(key) + "_reason"] = std::string(reason);
}

void PutKnown(Json& object, std::string_view key, std::optional<double> value,
              std::string_view reason) {
  if (value && std::isfinite(*value)) {
    object[std::string(key)] = *value;
  } else {
    PutUnknown(object, key, reason);
  }
}

Json LatencyToJson(const LatencySummary& summary) {
  Json json = {{"count", summary.count}, {"censored", summary.censored}};
  Json lower_bounds = Json::array();
  for (std::size_t i = 0; i < kLatencyColumns.size(); ++i) {
    const LatencyValue& value = summary.values[i];
    const std::string key(kLatencyColumns[i].key);
    if (!value.value_ns) {
      PutUnknown(json, key, value.reason);
      continue;
    }
    json[key] = std::llround(*value.value_ns);
    if (value.lower_bound) {
      lower_bounds.push_back(key);
    }
  }
  json["lower_bounds"] = std::move(lower_bounds);
  return json;
}

}  // namespace weir::reports
