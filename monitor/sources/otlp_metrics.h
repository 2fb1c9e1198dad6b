#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "monitor/sources/distribution.h"
#include "monitor/sources/otlp_message.h"
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

/// Points that are not taken, by reason.
using OtlpRejected = std::map<std::string, std::uint64_t>;

/// Makes points of what was pushed, one after the other, and gives each to `take`.
/// Metrics are named as Prometheus names them: characters that it does not have become `_`, the
/// unit is added (`s`: `_seconds`, `By`: `_bytes`, `1` of a gauge: `_ratio`, ...), and `_total` to
/// a sum that only grows. Labels are the attributes of the point (lists as JSON), and of the
/// resource `service.name` as `service`, `service.namespace` as `namespace`, `service.version` as
/// `version`, `service.instance.id` as `instance`, `deployment.environment` (also `.name`) as
/// `environment` and `host.name` as `host`. Points are rejected as "no_value", "bad_value",
/// "no_name" (metrics without one), "bad_labels" (more than kLabelsMax, longer than kLabelBytesMax,
/// or a value that is a map or bytes), "too_many_buckets" and "bad_temporality". Source:
/// metrics.proto of opentelemetry-proto 1.x; opentelemetry.io, "Prometheus and OpenMetrics
/// Compatibility".
OtlpRejected ReadOtlpMetrics(const OtlpMessage& message,
                             const std::function<void(const OtlpPoint& point)>& take);

inline constexpr std::size_t kLabelsMax = 64;
inline constexpr std::size_t kLabelBytesMax = 1024;
inline constexpr std::size_t kOtlpBucketsMax = 2000;

}  // namespace weir::monitor
