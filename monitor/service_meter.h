#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "base/time.h"
#include "monitor/sources/sample.h"

namespace weir::monitor {

/// What the users of a service have of it, as one look at a probe or an access log found it. What
/// the look did not tell is absent.
struct ServiceFigures {
  WallTime at{};                      ///< Of the look.
  std::optional<double> p50_s;        ///< Response times of the requests since the look before.
  std::optional<double> p90_s;        ///< As p50_s.
  std::optional<double> rate_per_s;   ///< Requests since the look before.
  std::optional<double> error_ratio;  ///< Of those: status 5xx, or a probe without a good answer.
};

/// Reads `weir_probe_*` and `weir_log_*` of the looks at one source. Pure. One thread at a time.
class ServiceMeter {
 public:
  /// So many looks are kept, the newest.
  static constexpr std::size_t kTrendMax = 120;

  /// A look; one that was taken in already, or is older, is left out.
  void Take(WallTime at, const Reading& reading);

  /// Ascending in time. Rate and errors begin with the second look.
  const std::deque<ServiceFigures>& trend() const { return trend_; }

 private:
  struct Counts {
    double all = 0;
    double failed = 0;
  };

  std::deque<ServiceFigures> trend_;
  std::optional<Counts> counted_;  // At the newest look.
};

}  // namespace weir::monitor
