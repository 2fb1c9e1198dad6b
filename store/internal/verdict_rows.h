#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "base/verdict.h"
#include "store/history.h"
#include "store/internal/sqlite.h"

/// How a GateResult becomes rows (verdict, verdict_run, verdict_check, verdict_warning,
/// verdict_record) and back.
/// Called inside the caller's transaction.
namespace weir::store::internal {

Result<std::int64_t> InsertVerdict(Connection& connection, const GateResult& result,
                                   WallTime decided_at);

/// Chains a record for verdict `id` to the newest one.
Status InsertVerdictRecord(Connection& connection, std::int64_t id, const VerdictSeal& seal);

/// Errors: kUsage if there is no such verdict.
Result<StoredVerdict> SelectVerdict(Connection& connection, std::int64_t id);

/// All of them, ascending.
Status VisitVerdicts(Connection& connection,
                     const std::function<void(const StoredVerdict&)>& visit);

Result<std::vector<StoredVerdict>> SelectVerdicts(Connection& connection, std::size_t count);

/// One statement: it sees one moment of the file.
Result<std::vector<VerdictHead>> SelectVerdictHeads(Connection& connection, std::int64_t after,
                                                    std::size_t count);

Result<std::vector<RunId>> SelectJudgedRuns(Connection& connection, const JudgedFilter& filter);

}  // namespace weir::store::internal
