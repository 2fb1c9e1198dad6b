#include "analysis/gate_flip.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "analysis/gate_prose.h"

namespace weir::analysis {
namespace {

bool LowerIsWorse(const GateCheck& check) {
  return BareMetric(check) == "throughput" || BareMetric(check) == "apdex";
}

// Rounded up or down to three digits, so that the tolerance named does what is said of it.
std::string Tolerance(const GateCheck& check, double tolerance, bool up) {
  const double percent = tolerance * 100;
  const double step = std::pow(10, std::floor(std::log10(std::max(percent, 1e-9))) - 2);
  const double rounded = (up ? std::ceil(percent / step) : std::floor(percent / step)) * step;
  return fmt::format("{:.3g} {}", rounded, check.unit == "ratio" ? "percentage points" : "%");
}

// The tolerance of which a change is exactly half, on the scale of the test: a fail needs less.
double Doubled(const GateCheck& check, double worse) {
  if (check.unit == "ratio") {
    return 2 * worse;
  }
  return BareMetric(check) == "throughput" ? 1 - (1 - worse) * (1 - worse)
                                           : (1 + worse) * (1 + worse) - 1;
}

std::string Runs(const GateCheck& check) {
  return check.runs_needed
             ? fmt::format("about {} runs a side would probably decide it", *check.runs_needed)
             : std::string();
}

}  // namespace

std::string FlipOf(const GateCheck& check) {
  if (!check.demand.empty() || !check.interval || !check.change_ratio) {
    return Runs(check);
  }
  const double worse = LowerIsWorse(check) ? -*check.change_ratio : *check.change_ratio;
  const double upper = LowerIsWorse(check) ? -check.interval->low : check.interval->high;
  switch (check.verdict) {
    case Verdict::kFail:
      return fmt::format("it would be no fail at a tolerance above {}",
                         Tolerance(check, std::max(Doubled(check, worse), upper), true));
    case Verdict::kWarn:
      return worse > 0 ? fmt::format("it would fail at a tolerance of {} or less",
                                     Tolerance(check, Doubled(check, worse), false))
                       : std::string();
    case Verdict::kPass:
      return upper > 0 ? fmt::format("it would not pass at a tolerance of {} or less",
                                     Tolerance(check, upper, false))
                       : std::string();
    case Verdict::kInconclusive:
      break;
  }
  if (!check.runs_needed) {
    return std::string();
  }
  return fmt::format("it would pass at a tolerance above {}; {}", Tolerance(check, upper, true),
                     Runs(check));
}

}  // namespace weir::analysis
