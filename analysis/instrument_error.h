#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "analysis/host_checks.h"
#include "base/histogram.h"
#include "base/run.h"
#include "base/validity.h"

/// The instrument's own error: what a run reported of a target whose every answer is known.
namespace weir::analysis {

inline constexpr std::array kInstrumentQuantiles = {0.5, 0.9, 0.99, 0.999, 0.9999};

struct QuantileError {
  double q = 0;
  std::optional<double> truth_ns;     ///< What the target did.
  std::optional<double> reported_ns;  ///< The response time that the run gave.
  std::optional<double> error_ns;     ///< reported - truth.
  std::string reason;                 ///< Not empty when there is no error.
};

/// Reported response time minus the target's own service time, quantile by quantile. Both go
/// through the same histogram, so that its rounding (0.1 % of the value) is in neither's favour.
///
/// What it contains: the send lag, both ways through the kernel, and the wake-ups of both sides.
/// All of that is in every latency measured on this machine over loopback; a network adds its own.
/// No value where QuantileOf has none (too few requests, or a lower bound).
std::array<QuantileError, kInstrumentQuantiles.size()> InstrumentErrors(const LatencyView& reported,
                                                                        const Histogram& truth);

/// What is kept of a calibration, apart from where and when it was made.
void PutErrors(const std::array<QuantileError, kInstrumentQuantiles.size()>& errors,
               Calibration& calibration);

/// Doubtful when the default pacing is further from the truth than it should be on a machine that
/// is fit: 100 us at p50, and at p99 100 us or 2 % of the truth, whichever is more. `pacing` is
/// that of the run, as in Calibration: nobody who spins is told to spin.
HostCheck JudgeInstrument(const std::array<QuantileError, kInstrumentQuantiles.size()>& errors,
                          std::string_view pacing);

}  // namespace weir::analysis
