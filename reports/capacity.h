#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/capacity_search.h"
#include "analysis/usl.h"
#include "reports/text_options.h"

/// What `weir capacity` prints.
namespace weir::reports {

/// One run of the search. What is not known is absent.
struct CapacityRow {
  analysis::CapacityProbe probe;
  analysis::ProbeState state = analysis::ProbeState::kUnknown;
  double achieved_per_s = 0;
  std::optional<double> p50_ns{};
  std::optional<double> p99_ns{};
  std::optional<double> error_ratio{};
  std::string reason{};  ///< The demand that did not hold, or why it cannot be told.
};

struct CapacityReport {
  std::string scenario;
  std::string target;
  std::vector<std::string> demands;
  bool interrupted = false;  ///< The search was cut short; `end` says nothing.
  analysis::CapacityEnd end = analysis::CapacityEnd::kUnknown;
  std::optional<double> kept_per_s;
  std::optional<double> broken_per_s;
  double requests_per_arrival = 1;  ///< A rate counts arrivals of flows, not their requests.
  std::vector<CapacityRow> rows;    ///< In the order of the search.
  std::optional<analysis::UslFit> usl;
  std::string usl_reason;  ///< Why there is none.
};

std::string RenderCapacity(const CapacityReport& report, const TextOptions& options);

/// Schema "weir.capacity/1".
std::string CapacityJson(const CapacityReport& report);

}  // namespace weir::reports
