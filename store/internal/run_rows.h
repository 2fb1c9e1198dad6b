#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/run.h"
#include "store/internal/batch_queue.h"
#include "store/internal/record_rows.h"
#include "store/internal/sqlite.h"

/// How a Run becomes rows (scenario, run, step, threshold, resource). Everything that writes is
/// called inside the caller's transaction; reading is in store/history.cc.
namespace weir::store::internal {

/// Enters a run in progress. Returns its number.
Result<RunId> InsertRun(Connection& connection, const RunPlan& plan, WallTime started_at);

/// Writes what one batch holds.
Status InsertBatch(Connection& connection, RecordInserter& records, RunId run, const Batch& batch);

/// Totals, thresholds, and the state that makes the run count as ended.
Status FinishRun(Connection& connection, RecordInserter& records, RunId id, const Run& run);

}  // namespace weir::store::internal
