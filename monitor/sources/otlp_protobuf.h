#pragma once

#include <optional>
#include <string_view>

#include "monitor/sources/otlp_message.h"

namespace weir::monitor {

/// Reads the protobuf of an ExportMetricsServiceRequest, version 1 of opentelemetry-proto, into
/// `message`; what was there is gone. Fields that it does not know, or that have another wire type,
/// are passed over. What is wrong with it, if anything: "malformed" (cut off, no protobuf, a text
/// that is not UTF-8), or "too_long" (more than OtlpMessage::kPartsMax); then there is nothing in
/// `message` to go by. Checked against: the exporter of OpenTelemetry for JavaScript.
std::optional<std::string_view> ReadOtlpProtobuf(std::string_view body, OtlpMessage& message);

}  // namespace weir::monitor
