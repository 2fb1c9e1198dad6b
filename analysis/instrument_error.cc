#include "analysis/instrument_error.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "analysis/quantile_interval.h"
#include "analysis/validity_prose.h"

namespace weir::analysis {
namespace {

constexpr double kErrorFloorNs = 100e3;
constexpr double kErrorShareP99 = 0.02;

constexpr std::size_t kP50 = 0;
constexpr std::size_t kP99 = 2;
static_assert(kInstrumentQuantiles[kP50] == 0.5 && kInstrumentQuantiles[kP99] == 0.99);

std::string SignedSpan(double ns) {
  return fmt::format("{}{}", ns < 0 ? "-" : "+", SpanText(std::fabs(ns)));
}

}  // namespace

std::array<QuantileError, kInstrumentQuantiles.size()> InstrumentErrors(const LatencyView& reported,
                                                                        const Histogram& truth) {
  std::array<QuantileError, kInstrumentQuantiles.size()> errors;
  const LatencyView true_view{truth, 0};
  for (std::size_t i = 0; i < errors.size(); ++i) {
    QuantileError& error = errors[i];
    error.q = kInstrumentQuantiles[i];
    const KnownQuantile said = QuantileOf(reported, error.q);
    const KnownQuantile was = QuantileOf(true_view, error.q);
    error.truth_ns = was.value_ns;
    error.reported_ns = said.value_ns;
    if (!said.value_ns || !was.value_ns) {
      error.reason = said.value_ns ? was.reason : said.reason;
    } else if (said.lower_bound) {
      error.reason = said.reason;
    } else {
      error.error_ns = *said.value_ns - *was.value_ns;
    }
  }
  return errors;
}

void PutErrors(const std::array<QuantileError, kInstrumentQuantiles.size()>& errors,
               Calibration& calibration) {
  calibration.error_p50_ns = errors[0].error_ns;
  calibration.error_p90_ns = errors[1].error_ns;
  calibration.error_p99_ns = errors[2].error_ns;
  calibration.error_p999_ns = errors[3].error_ns;
  calibration.error_p9999_ns = errors[4].error_ns;
}

HostCheck JudgeInstrument(const std::array<QuantileError, kInstrumentQuantiles.size()>& errors,
                          std::string_view pacing) {
  HostCheck check{HostSubject::kInstrument, HostState::kUnknown, "", ""};
  const QuantileError& p50 = errors[kP50];
  const QuantileError& p99 = errors[kP99];
  if (!p50.error_ns || !p99.error_ns) {
    check.found = p50.error_ns ? p99.reason : p50.reason;
    return check;
  }
  check.found = fmt::format("reported {} at p50 and {} at p99 of what was true",
                            SignedSpan(*p50.error_ns), SignedSpan(*p99.error_ns));
  const double limit_p99 = std::max(kErrorFloorNs, kErrorShareP99 * *p99.truth_ns);
  const bool good =
      std::fabs(*p50.error_ns) <= kErrorFloorNs && std::fabs(*p99.error_ns) <= limit_p99;
  check.state = good ? HostState::kGood : HostState::kDoubtful;
  if (!good) {
    check.cure =
        fmt::format("limits are {} and {}; mend what is marked here{}", SpanText(kErrorFloorNs),
                    SpanText(limit_p99),
                    pacing == "spin" ? std::string_view(", or measure on a quieter machine")
                                     : std::string_view(", or use --pacing spin on a "
                                                        "machine with a processor to spare"));
  }
  return check;
}

}  // namespace weir::analysis
