#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// What rules would have seen at an instant of the past.
struct RangeInstant {
  WallTime at{};
  Reading reading;
};

struct RangeAnswer {
  std::vector<RangeInstant> looks;  ///< Ascending; instants at which nothing was are left out.
  std::size_t series = 0;
  SourceLedger ledger;  ///< Of all of them, and of values that cannot be read.
};

/// Reads the answer to a range query (`/api/v1/query_range`: a matrix), as samples of query number
/// 0. Pure. Errors: as ReadPrometheusAnswer.
Result<RangeAnswer> ReadPrometheusRange(std::string_view json);

/// The body of a query: `query` in the language of the server. Asks for a whole answer or none.
std::string PrometheusForm(std::string_view query, Nanos timeout);

/// From the answer to the query `time()`: how much earlier than the time that it says it is for a
/// server has evaluated it, as VictoriaMetrics does by its -search.latencyOffset. Nothing: that
/// cannot be told. Checked against: VictoriaMetrics 1.79.
std::optional<Nanos> ReadHiddenSpan(std::string_view text);

}  // namespace weir::monitor
