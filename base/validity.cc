#include "base/validity.h"

#include "base/check.h"

namespace weir {
namespace {

constexpr std::array<std::string_view, kValidityCheckCount> kCheckNames = {
    "measured",   "saturation",  "send_lag",     "arrivals", "drops",  "steal",
    "throttling", "retransmits", "stationarity", "warm_up",  "samples"};

constexpr std::array<std::string_view, kEvidenceCount> kEvidenceNames = {
    "rate_shortfall_ratio",
    "dropped_ratio",
    "send_lag_p50_ns",
    "send_lag_p99_ns",
    "lag_share_p50_ratio",
    "lag_share_p99_ratio",
    "gap_samples",
    "gap_variation_ratio",
    "gap_fit_a2",
    "gap_fit_p",
    "worker_busy_ratio",
    "worker_idle_ratio",
    "worker_wait_ratio",
    "steal_ratio",
    "throttled_ratio",
    "retransmits_per_request",
    "drift_ratio",
    "drift_p",
    "warm_up_end_s",
    "autocorrelation",
    "effective_samples_p50",
    "effective_samples_p90",
    "effective_samples_p99",
    "effective_samples_p999",
    "calibration_error_p50_ns",
    "calibration_error_p99_ns",
    "calibration_error_p999_ns",
    "calibration_age_s",
};

}  // namespace

std::string_view GradeName(Grade grade) {
  switch (grade) {
    case Grade::kValid:
      return "valid";
    case Grade::kSuspect:
      return "suspect";
    case Grade::kInvalid:
      return "invalid";
  }
  WEIR_CHECK(false);
}

std::string_view ValidityCheckName(ValidityCheck check) {
  return kCheckNames.at(static_cast<std::size_t>(check));
}

std::string_view EvidenceName(Evidence evidence) {
  return kEvidenceNames.at(static_cast<std::size_t>(evidence));
}

}  // namespace weir
