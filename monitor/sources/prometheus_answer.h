#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "monitor/sources/sample.h"

namespace weir::monitor {

/// Reads the answer of a Prometheus-compatible server to an instant query (`/api/v1/query`: a
/// vector or a scalar) as samples of query number `query`. What is wrong with single samples is in
/// the ledger. Pure.
/// Errors: kUnavailable: no such answer, or one that says what went wrong, in its words.
/// Source: prometheus.io, "HTTP API". Checked against: Prometheus 2.42, tests/integration.
Result<Reading> ReadPrometheusAnswer(std::string_view json, std::size_t query);

}  // namespace weir::monitor
