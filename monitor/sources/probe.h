#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/rate.h"
#include "base/result.h"
#include "monitor/sources/sample.h"
#include "scenarios/scenario.h"

namespace weir::monitor {

struct ProbeSpec {
  static constexpr std::uint64_t kRequestsMax = 1000;  ///< Of one look.

  std::string url;
  Rate rate = Rate::PerSecond(2);
  Nanos span = std::chrono::seconds(2);  ///< Of a look.
  Nanos timeout = std::chrono::seconds(2);
};

/// A target as its users have it: at each look the load engine sends a few requests in an open
/// loop, so that the time of each counts from when it was due. As series:
///
/// - `weir_probe_up`: 1 when all requests of the look were answered rightly, else 0;
/// - `weir_probe_requests_total{outcome}`: counters from the first look on;
/// - `weir_probe_response_seconds{quantile}`: 0.5, 0.9 and 1 of the look; requests without an
///   answer count with the time that they waited.
///
/// One thread at a time.
class Prober {
 public:
  /// `clock` must outlive it. Errors: kUsage: no such address, or too many requests.
  static Result<Prober> Create(const ProbeSpec& spec, const Clock& clock);

  /// Takes `span` and up to the timeout. A target that is not there is an answer, too: one failed
  /// request.
  Reading Look();

 private:
  Prober(scenarios::Scenario scenario, const Clock& clock)
      : scenario_(std::move(scenario)), clock_(&clock) {}

  void Put(Reading& reading, const std::string& metric, const Labels& labels, double value);

  scenarios::Scenario scenario_;
  const Clock* clock_;
  std::array<std::uint64_t, kOutcomeCount> outcomes_{};
  std::uint64_t looks_ = 0;
  std::map<std::pair<std::string, Labels>, std::shared_ptr<const SeriesName>> names_;
};

}  // namespace weir::monitor
