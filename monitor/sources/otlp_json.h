#pragma once

#include <optional>
#include <string_view>

#include "monitor/sources/otlp_message.h"

namespace weir::monitor {

/// Reads the JSON of an ExportMetricsServiceRequest, as OTLP/HTTP has it, into `message`; what was
/// there is gone. Keys are in lowerCamelCase, enums are integers, 64-bit integers are strings or
/// numbers; keys that it does not know are ignored, and null is as absent. What is wrong with it,
/// if anything: "malformed", or "too_long" (more than OtlpMessage::kPartsMax); then there is
/// nothing in `message` to go by. Source: opentelemetry.io, "OTLP Specification" 1.x. Checked
/// against: the exporter of OpenTelemetry for JavaScript.
std::optional<std::string_view> ReadOtlpJson(std::string_view body, OtlpMessage& message);

}  // namespace weir::monitor
