#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

/// Whether a run can be believed (design promise 3): what a generator knows of its own work, and
/// what analysis concludes from it. Plain data without behaviour. Enumerator values are persisted
/// in the store: never renumber, only append. Limits and their reasons: docs/validity.md.
namespace weir {

/// How far the figures of a run may be believed.
enum class Grade : std::uint8_t {
  kValid = 0,    ///< Nothing speaks against them.
  kSuspect = 1,  ///< Some figures are worse than they look; the reasons say which.
  kInvalid = 2,  ///< The run did not do what was planned: no verdict may rest on it.
};

/// "valid", "suspect", "invalid".
std::string_view GradeName(Grade grade);

constexpr Grade Worse(Grade a, Grade b) {
  return a > b ? a : b;
}

/// What a reason is about.
enum class ValidityCheck : std::uint8_t {
  kMeasured = 0,      ///< Anything was measured at all.
  kSaturation = 1,    ///< The generator kept up with its plan.
  kSendLag = 2,       ///< Its lateness is small beside the latencies.
  kArrivals = 3,      ///< The gaps between arrivals were the planned ones.
  kDrops = 4,         ///< Nothing was dropped for want of room.
  kSteal = 5,         ///< The hypervisor left the machine its processors.
  kThrottling = 6,    ///< The control group left the process its processor time.
  kRetransmits = 7,   ///< The network lost nothing.
  kStationarity = 8,  ///< Latency did not drift while it was measured.
  kWarmUp = 9,        ///< Nothing of the warm-up was measured.
  kSamples = 10,      ///< Requests were independent enough for the quantiles shown.
};
inline constexpr std::size_t kValidityCheckCount = 11;

/// Snake-case word as in JSON and SQL: "saturation", "send_lag", ...
std::string_view ValidityCheckName(ValidityCheck check);

/// Why a run is not valid.
struct ValidityReason {
  ValidityCheck check = ValidityCheck::kMeasured;
  Grade grade = Grade::kSuspect;
  std::string text;  ///< One sentence: the number, the limit and the cure.
  friend bool operator==(const ValidityReason&, const ValidityReason&) = default;
};

/// The numbers behind a grade; the unit is the end of the name. In the order in which they are
/// shown.
enum class Evidence : std::uint8_t {
  kRateShortfall = 0,     ///< Share of the planned arrivals that were not sent within the load.
  kDropped = 1,           ///< Share of the planned requests that found no room.
  kSendLagP50 = 2,        ///< ns.
  kSendLagP99 = 3,        ///< ns.
  kLagShareP50 = 4,       ///< Share of the response time that is our own lateness, at p50.
  kLagShareP99 = 5,       ///< The same at p99.
  kGapSamples = 6,        ///< Gaps between neighbouring arrivals that were looked at.
  kGapVariation = 7,      ///< Standard deviation of the gaps over the planned mean gap.
  kGapFitStatistic = 8,   ///< Anderson-Darling A^2 against the planned process.
  kGapFitP = 9,           ///< Its p-value.
  kWorkerBusy = 10,       ///< Share of the time that the busiest worker used a processor.
  kWorkerIdle = 11,       ///< Share that it waited for something to do.
  kWorkerWait = 12,       ///< Share that the worst-off worker waited for a processor.
  kSteal = 13,            ///< Share of all processor time that the hypervisor took.
  kThrottled = 14,        ///< Share of the time that the control group was throttled.
  kRetransmits = 15,      ///< TCP segments sent again, per request.
  kDrift = 16,            ///< Change of the typical latency over the measured part, as a ratio.
  kDriftP = 17,           ///< Its p-value.
  kWarmUpEnd = 18,        ///< s: where the series of seconds settled, from the first one measured.
  kAutocorrelation = 19,  ///< Of the latency of neighbouring seconds (lag 1), -1 .. 1.
  kEffectiveP50 = 20,     ///< How many independent requests the measured ones are worth.
  kEffectiveP90 = 21,
  kEffectiveP99 = 22,
  kEffectiveP999 = 23,
  kCalibrationP50 = 24,  ///< ns: the instrument's own error when it was last calibrated here.
  kCalibrationP99 = 25,
  kCalibrationP999 = 26,
  kCalibrationAge = 27,  ///< s: from that calibration to the run.
};
inline constexpr std::size_t kEvidenceCount = 28;

/// Name in JSON and SQL: "rate_shortfall_ratio", "send_lag_p50_ns", ...
std::string_view EvidenceName(Evidence evidence);

/// One number, or why there is none.
struct EvidenceValue {
  std::optional<double> value;
  std::string unknown_because;  ///< Not empty when there is no value.
  friend bool operator==(const EvidenceValue&, const EvidenceValue&) = default;
};

/// The certificate of a run.
struct Validity {
  Grade grade = Grade::kValid;
  std::vector<ValidityReason> reasons;  ///< Worst first; empty when valid.
  std::array<EvidenceValue, kEvidenceCount> evidence;

  EvidenceValue& of(Evidence which) { return evidence[static_cast<std::size_t>(which)]; }

  const EvidenceValue& of(Evidence which) const {
    return evidence[static_cast<std::size_t>(which)];
  }

  friend bool operator==(const Validity&, const Validity&) = default;
};

/// An arrival and its neighbour as they were planned and as they were sent, whichever workers sent
/// them.
struct ArrivalGap {
  Nanos mean{0};        ///< The planned mean gap at this place of the load. > 0.
  Nanos sent{0};        ///< From one send to the next; negative when they overtook each other.
  bool in_time = true;  ///< The second of them was sent before the load ended.
};

/// How arrivals were meant to follow each other.
enum class ArrivalProcess : std::uint8_t {
  kNone,     ///< A closed loop plans none.
  kUniform,  ///< Evenly spaced.
  kPoisson,  ///< Memoryless.
};

/// What the generator knows of its own work; of the measured part where it can be told apart.
struct GeneratorEvidence {
  ArrivalProcess process = ArrivalProcess::kNone;
  std::vector<ArrivalGap> gaps;  ///< Evenly spread over the arrivals; bounded.
  std::uint32_t workers = 0;
  std::uint32_t cores = 0;  ///< Usable by this process.
  /// Shares of the time, 0 .. 1, exceeded in one second of ten. No value: the kernel does not tell.
  std::optional<double> worker_busy;  ///< Of the busiest worker.
  /// Of the same worker: it slept, or looked for something to do in vain (which also is being
  /// busy).
  std::optional<double> worker_idle;
  std::optional<double> worker_wait;  ///< Runnable, but without a processor; worst-off worker.
  std::optional<double> steal;        ///< Of the time of all processors, over the run.
  std::optional<double> throttled;    ///< Of the run.
  std::optional<std::uint64_t> retransmits;  ///< TCP segments, all connections.
};

/// What the instrument reported minus what truly happened, when `weir doctor` last looked.
struct Calibration {
  WallTime made_at{};
  std::string environment;  ///< As RunPlan::environment.
  std::string pacing;       ///< "sleep", "hybrid", "spin".
  double rate_per_s = 0;
  std::uint64_t samples = 0;
  /// ns; no value where there were too few samples.
  std::optional<double> error_p50_ns;
  std::optional<double> error_p90_ns;
  std::optional<double> error_p99_ns;
  std::optional<double> error_p999_ns;
  std::optional<double> error_p9999_ns;
  friend bool operator==(const Calibration&, const Calibration&) = default;
};

}  // namespace weir
