#pragma once

#include <optional>
#include <string_view>

#include "analysis/second_blocks.h"
#include "base/run.h"
#include "base/time.h"
#include "base/validity.h"

/// The certificate of a run: can its figures be believed? docs/validity.md explains every check and
/// limit, and has the measured rates of false alarms.
///
/// A target that is slow, failing or down is no fault of the measurement: it never makes a run
/// invalid, or a gate could not fail it. Invalid is only what the generator or its machine did.
namespace weir::analysis {

/// Where suspicion begins. The defaults are meant for use; each is reached only by what moves the
/// figures by more than people act on. Shares are 0..1.
struct ValidityLimits {
  /// Of the planned arrivals, not sent within the load: 1 % is the accuracy asked of a rate; from
  /// 5 % on the load was another one than planned.
  double shortfall_suspect = 0.01;
  double shortfall_invalid = 0.05;
  /// Own lateness as a share of the response time at the same quantile, and the lateness below
  /// which none counts: what an ordinary kernel's wake-up costs, which is in every measurement.
  double lag_share_p50 = 0.10;
  Nanos lag_floor_p50 = std::chrono::microseconds(50);
  double lag_share_p99 = 0.25;
  Nanos lag_floor_p99 = std::chrono::microseconds(200);
  /// Half of the requests later than this, and half of their response time is ours: not kept up.
  double lag_share_invalid = 0.50;
  Nanos lag_floor_invalid = std::chrono::microseconds(500);
  /// A worker with less than this to spare is at its limit: a closed loop then measures the worker,
  /// and arrivals that find no room are dropped for its sake, not the target's.
  double worker_idle = 0.05;

  /// A worker that waits for a processor for more of a second than this is starved, as one without
  /// idle time is: it does not take answers in time.
  double worker_wait = 0.25;
  /// Misfit of the gaps: chance below, and distance above (analysis/arrival_fit.h). 0.1: two of ten
  /// evenly spaced arrivals came in clumps; 3: most of them did.
  double fit_p = 0.001;
  double fit_suspect = 0.1;
  double fit_invalid = 3;
  double dropped = 0.001;  ///< Of the planned requests.
  double steal_suspect = 0.05;
  double steal_invalid = 0.25;
  double throttled_suspect = 0.05;
  double throttled_invalid = 0.25;
  double retransmits = 0.01;  ///< Per request.
  /// Drift and warm-up: change of the typical latency, and the chance of a trend as clear.
  double drift = 0.10;
  double drift_p = 0.001;
  double warm_up_excess = 0.10;
  /// A quantile rests on fewer independent requests than this share of what its interval needs, and
  /// chance does not explain it.
  double samples_share = 0.5;
  double samples_p = 0.001;
};

struct ValidityInputs {
  const Run& run;                      ///< Its `validity` is not looked at.
  const GeneratorEvidence& generator;  ///< Default-made when nothing is known.
  const SecondBlocks& seconds;         ///< Of the run; may be empty.
  /// The load does not change while it is measured: only then is change in the latencies drift.
  bool constant_load = true;
  std::optional<Calibration> calibration = std::nullopt;
  std::string_view pacing = {};  ///< As Calibration::pacing; empty = not known.
};

/// Never fails to answer; what cannot be known is unknown evidence with the reason and makes no
/// run worse. Deterministic. Cost: linear in buckets, quadratic in blocks (some ms).
///
/// False alarms: at most 1 % of good runs are called suspect and none invalid (tests/analysis, with
/// binomial bounds).
Validity JudgeValidity(const ValidityInputs& inputs, const ValidityLimits& limits = {});

}  // namespace weir::analysis
