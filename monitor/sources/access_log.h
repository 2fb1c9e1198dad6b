#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/histogram.h"
#include "monitor/sources/sample.h"

namespace weir::monitor {

/// The lines of an access log (scenarios/access_log.h) as series:
///
/// - `weir_log_requests_total{class}`: counters from the first look on, `class` as `2xx`; `other`
///   for what is no status;
/// - `weir_log_response_seconds{class, quantile}`: 0.5, 0.9 and 0.99 of the requests since the last
///   look whose time the log has, also of `all`; absent where there was none.
///
/// One thread at a time.
class AccessLogMeter {
 public:
  /// Counts it, in the ledger too: rejected as "malformed" or "too_long".
  void Take(std::string_view line);

  /// What a look at this moment finds; the quantiles begin anew.
  Reading Look();

 private:
  static constexpr std::size_t kClasses = 6;  // 1xx to 5xx, and others.

  const std::shared_ptr<const SeriesName>& NameOf(const std::string& metric, std::size_t number,
                                                  std::string_view quantile);

  std::array<std::uint64_t, kClasses> requests_{};
  std::array<Histogram, kClasses + 1> times_{};  // The last: of all.
  SourceLedger ledger_;                          // Since the last look.
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const SeriesName>> names_;
};

}  // namespace weir::monitor
