#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "reports/plan.h"
#include "scenarios/scenario.h"

namespace weir::cli {

struct PlanOptions {
  std::string source;                       ///< What messages call the scenario's origin.
  std::optional<scenarios::Target> target;  ///< None: the scenario's own, if it names one.
  std::uint64_t seed = 1;
  std::size_t rendered = 0;  ///< So many of the first requests, as HTTP/1.1 whatever it speaks.
};

/// What `scenario` will do. Sends nothing; data files are looked through, programs searched.
/// Errors: as loadgen::Prepare.
Result<reports::PlanReport> PlanScenario(const scenarios::Scenario& scenario,
                                         const PlanOptions& options, const Clock& clock);

/// The requests that `weir check --render` and `weir run --dry-run` show.
inline constexpr std::size_t kRequestsRendered = 10;

/// Prints `plan` unless `quiet`, and as JSON to `json` (WriteJson; empty: nowhere). Errors: as
/// WriteJson.
Status PrintPlan(const reports::PlanReport& plan, const std::string& json, bool quiet);

}  // namespace weir::cli
