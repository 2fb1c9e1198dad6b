#pragma once

#include <vector>

#include "base/result.h"
#include "base/run.h"
#include "store/internal/sqlite.h"

/// How what is known of programs beside their records becomes rows and comes back: measurements,
/// and why some use is not known. Called inside the caller's transaction. Readers set `damaged`
/// where a row makes no sense.
namespace weir::store::internal {

Status InsertMeasurements(Connection& connection, RunId id, const std::vector<Measurement>& all);

/// By step, name and repetition.
Result<std::vector<Measurement>> SelectMeasurements(Connection& connection, RunId id,
                                                    bool& damaged);

Status InsertUnknownUsage(Connection& connection, RunId id, const std::vector<UnknownUsage>& all);

Result<std::vector<UnknownUsage>> SelectUnknownUsage(Connection& connection, RunId id,
                                                     bool& damaged);

}  // namespace weir::store::internal
