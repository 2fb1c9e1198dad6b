#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/run.h"
#include "store/internal/sqlite.h"

/// How certificates, calibrations and what the target used become rows and come back. Called inside
/// the caller's transaction. Readers set `damaged` where a row makes no sense.
namespace weir::store::internal {

Status InsertValidity(Connection& connection, RunId id, const Validity& validity);

/// Of a run whose own row says `grade`.
Result<Validity> SelectValidity(Connection& connection, RunId id, Grade grade, bool& damaged);

Status InsertTargetSamples(Connection& connection, RunId id,
                           const std::vector<TargetSample>& samples);

Result<std::vector<TargetMetric>> SelectTargetMetrics(Connection& connection, RunId id,
                                                      bool& damaged);

/// In ascending order of second.
Result<std::vector<TargetSample>> SelectTargetSamples(Connection& connection, RunId id,
                                                      bool& damaged);

Status InsertCalibration(Connection& connection, const Calibration& calibration);

/// The newest one of that environment and pacing.
Result<std::optional<Calibration>> SelectCalibration(Connection& connection,
                                                     const std::string& environment,
                                                     const std::string& pacing);

}  // namespace weir::store::internal
