#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "monitor/sources/distribution.h"
#include "monitor/sources/sample.h"

namespace weir::monitor {

/// A data point of OpenTelemetry.
struct OtlpPoint {
  enum class Kind : std::uint8_t {
    kValue,         ///< Replaces the one before.
    kDistribution,  ///< A histogram, of fixed or exponential buckets.
    kSummary,       ///< `quantiles`, with `distribution` for count and sum.
    kNone,          ///< Says that its series has ended.
  };

  Kind kind = Kind::kValue;
  bool is_delta = false;    ///< Adds to the ones before.
  SeriesName series;        ///< Of kDistribution and kSummary the name without ending.
  double value = 0;         ///< kValue. May be NaN or infinite.
  std::uint64_t begin = 0;  ///< Since 1970 in ns, by the clock of who sends; 0: not told.
  std::uint64_t at = 0;     ///< As `begin`.
  Distribution distribution = {};
  std::vector<std::pair<double, double>> quantiles = {};
};

/// What a request brought.
struct OtlpBatch {
  std::vector<OtlpPoint> points;
  std::map<std::string, std::uint64_t> rejected;  ///< Points, by reason.
};

/// Reads the JSON of an ExportMetricsServiceRequest, as OTLP/HTTP has it: keys in lowerCamelCase,
/// enums as integers, 64-bit integers as strings or numbers; keys it does not know are ignored.
/// Metrics are named as Prometheus names them: characters that it does not have become `_`, the
/// unit is added (`s`: `_seconds`, `By`: `_bytes`, `1` of a gauge: `_ratio`, ...), and `_total` to
/// a sum that only grows. Labels are the attributes of the point, and of the resource
/// `service.name` as `service`, `service.namespace` as `namespace`, `service.version` as `version`,
/// `service.instance.id` as `instance`, `deployment.environment` (also `.name`) as `environment`
/// and `host.name` as `host`. Points are rejected as "no_value", "bad_value", "no_name" (metrics
/// without one), "bad_labels" (more than kLabelsMax, or longer than kLabelBytesMax),
/// "too_many_buckets" and "bad_temporality". Errors: "malformed": it is no such JSON. Source:
/// opentelemetry.io, "OTLP Specification" 1.x and metrics.proto; "Prometheus and OpenMetrics
/// Compatibility". Checked against: the exporter of OpenTelemetry for JavaScript.
tl::expected<OtlpBatch, std::string_view> ReadOtlpMetrics(std::string_view body);

inline constexpr std::size_t kLabelsMax = 64;
inline constexpr std::size_t kLabelBytesMax = 1024;
inline constexpr std::size_t kOtlpBucketsMax = 2000;

}  // namespace weir::monitor
