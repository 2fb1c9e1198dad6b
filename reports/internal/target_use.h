#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/run.h"

/// What a watched target used, ready to be shown.
namespace weir::reports {

/// One metric of a run.
struct TargetUse {
  const TargetMetric* metric = nullptr;  ///< Of the run.
  /// Of a counter: how much it grew while it was seen, per second of that, and per request that was
  /// sent (warm-up and drain included, as in the counter). No value for a level.
  std::optional<double> total;
  std::optional<double> per_s;
  std::optional<double> per_request;
  /// Why a counter has no per_request: it was not seen from the beginning to the end, so that it
  /// knows less than the requests did.
  std::string reason;
};

/// In the order in which they were first seen.
std::vector<TargetUse> TargetUses(const Run& run);

/// What a number of that name counts.
enum class TargetUnit { kNumber, kSeconds, kBytes };

/// By its name: "process_cpu_s", "node_network_receive_bytes_total", ...
TargetUnit TargetUnitOf(std::string_view name);

}  // namespace weir::reports
