#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/histogram.h"
#include "base/run.h"
#include "base/verdict.h"
#include "reports/history.h"
#include "reports/internal/latency_summary.h"

/// The JSON shapes that files and the page share.
namespace weir::reports {

using Json = nlohmann::ordered_json;

enum class JsonLayout { kPretty, kCompact };

/// Text that is valid UTF-8 and cannot end a script element (see RunJson). kPretty ends with a
/// newline. Never throws on hostile bytes.
std::string JsonText(const Json& json, JsonLayout layout);

/// Sets `key` to null and `key`_reason to `reason`.
void PutUnknown(Json& object, std::string_view key, std::string_view reason);

/// Sets `key` to the value, or to null with the reason. Not finite counts as not known.
void PutKnown(Json& object, std::string_view key, std::optional<double> value,
              std::string_view reason);

Json LatencyToJson(const LatencySummary& summary);
Json RunToJson(const Run& run);
Json VerdictToJson(const GateResult& result);
Json HistoryRowToJson(const HistoryRow& row);

}  // namespace weir::reports
