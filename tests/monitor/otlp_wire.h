#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace weir::tests {

/// The protobuf of an ExportMetricsServiceRequest that is given as JSON, by the writer of protozero
/// and the field numbers of opentelemetry-proto 1.x. Of what is wrong in it nothing is said.
std::string OtlpProtobuf(const nlohmann::json& request);

}  // namespace weir::tests
