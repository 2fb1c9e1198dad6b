#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "base/run.h"
#include "store/history.h"
#include "store/internal/sqlite.h"

/// How rows become heads and whole runs. Called inside the caller's read transaction.
namespace weir::store::internal {

Result<std::vector<RunHead>> SelectHeads(Connection& connection, const RunFilter& filter);

/// Errors: kUsage if there is no such run.
Result<Run> SelectRun(Connection& connection, RunId id);

/// Number of steps in the plan of a run. Errors: kUsage if there is no such run.
Result<std::size_t> SelectStepCount(Connection& connection, RunId id);

Result<std::vector<ResourceSample>> SelectResources(Connection& connection, RunId id);

}  // namespace weir::store::internal
