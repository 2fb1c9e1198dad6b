#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "analysis/host_checks.h"
#include "analysis/instrument_error.h"
#include "base/time.h"
#include "base/validity.h"
#include "reports/text_options.h"

/// What `weir doctor` says, for people and for programs.
namespace weir::reports {

/// One run of the load engine against a target that wrote down what it did.
struct CalibrationReport {
  Calibration calibration;
  std::string latency;  ///< What the target was told to do: "lognormal:2ms:0.5".
  std::array<analysis::QuantileError, analysis::kInstrumentQuantiles.size()> errors;
  Validity validity;    ///< Of the calibrating run: an invalid one is no calibration.
  bool stored = false;  ///< In the history; later runs there refer to it.
};

struct DoctorReport {
  WallTime made_at{};
  std::string environment;  ///< As RunPlan::environment.
  std::string weir_version;
  std::vector<analysis::HostCheck> checks;
  std::vector<CalibrationReport> calibrations;  ///< Empty: was not asked for.
};

/// Fit, doubtful or not: the worst of the checks, and of the calibrating runs' certificates.
analysis::HostState StateOf(const DoctorReport& report);

/// One line for each check with its mark, the cure below; then truth, report and error at each
/// quantile.
std::string RenderDoctorText(const DoctorReport& report, const TextOptions& given);

/// Schema "weir.doctor/1", docs/doctor.md. As RunJson in everything else.
std::string DoctorJson(const DoctorReport& report);

}  // namespace weir::reports
