#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/rate.h"
#include "base/result.h"
#include "base/run.h"
#include "base/time.h"
#include "loadgen/pacing.h"
#include "reports/doctor.h"

namespace weir::cli {

struct CalibrationOrder {
  loadgen::Pacing pacing = loadgen::Pacing::kHybrid;
  Rate rate = Rate::PerSecond(5000);          ///< So that the default tells p99.99 (36,887).
  Nanos duration = std::chrono::seconds(11);  ///< Its first part warms up and does not count.
  std::uint64_t seed = 1;
};

struct Calibrated {
  reports::CalibrationReport report;
  RunState state = RunState::kComplete;  ///< kInterrupted: a signal came; the report is of no use.
};

/// Runs the load engine, as `weir run` does, with one thread against `weir target` in this process,
/// and compares what it reports with what the target wrote down. Blocks for the duration; Ctrl-C
/// ends it early. The target spins when there is a processor to spare, so that its own wake-ups
/// are not taken for an error of weir's. The truth is a file in the temporary folder, removed at
/// the end. Errors: kUnavailable (no port, no temporary file, records of the two sides that do not
/// agree on how many requests there were).
Result<Calibrated> CalibrateInstrument(const CalibrationOrder& order,
                                       const std::string& environment, const Clock& clock);

}  // namespace weir::cli
