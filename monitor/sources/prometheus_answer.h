#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "monitor/sources/sample.h"

namespace weir::monitor {

/// Reads the answer of a Prometheus-compatible server to an instant query (`/api/v1/query`: a
/// vector or a scalar) as samples of query number `query`. What is wrong with single samples is in
/// the ledger. Pure.
/// Errors: kUnavailable: no such answer, or one that says what went wrong, in its words.
/// Source: prometheus.io, "HTTP API". Checked against: Prometheus 2.42, tests/integration.
Result<Reading> ReadPrometheusAnswer(std::string_view json, std::size_t query);

/// From the answer to the query `time()`: how much earlier than the time that it says it is for a
/// server has evaluated it, as VictoriaMetrics does by its -search.latencyOffset. Nothing: that
/// cannot be told. Checked against: VictoriaMetrics 1.79.
std::optional<Nanos> ReadHiddenSpan(std::string_view text);

}  // namespace weir::monitor
