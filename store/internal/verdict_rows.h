#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "base/verdict.h"
#include "store/history.h"
#include "store/internal/sqlite.h"

/// How a GateResult becomes rows (verdict, verdict_run, verdict_check, verdict_warning) and back.
/// Called inside the caller's transaction.
namespace weir::store::internal {

Result<std::int64_t> InsertVerdict(Connection& connection, const GateResult& result,
                                   WallTime decided_at);

Result<std::vector<StoredVerdict>> SelectVerdicts(Connection& connection, std::size_t count);

Result<std::vector<RunId>> SelectJudgedRuns(Connection& connection, const JudgedFilter& filter);

}  // namespace weir::store::internal
