#include "analysis/gate_earlier.h"

#include <fmt/format.h>

namespace weir::analysis {
namespace {

// Only the variance is asked for, and that has no floor.
constexpr EffectRules kAnyError = {.error_min = 1e-12};

bool SameConditions(const Run& a, const Run& b) {
  return a.plan.scenario_sha256 == b.plan.scenario_sha256 && a.plan.load == b.plan.load &&
         a.plan.open_loop == b.plan.open_loop && a.plan.environment == b.plan.environment;
}

}  // namespace

std::vector<EarlierRuns> UsableEarlier(std::span<const EarlierGate> gates,
                                       std::span<const Run> baseline,
                                       std::span<const Run> candidate, const RunOrder& order,
                                       const InputRules& rules) {
  std::vector<EarlierRuns> usable;
  if (baseline.empty() || candidate.empty() || order.design == RunDesign::kUnknown) {
    return usable;
  }
  for (const EarlierGate& gate : gates) {
    EarlierRuns earlier = {.baseline = gate.baseline,
                           .candidate = gate.candidate,
                           .order = OrderOf(gate.baseline, gate.candidate),
                           .sides = {}};
    const bool comparable =
        CheckGateInputs(gate.baseline, gate.candidate, earlier.order, rules).blocker.empty();
    if (comparable && earlier.order.design == order.design &&
        SameConditions(gate.baseline.front(), baseline.front()) &&
        SameConditions(gate.candidate.front(), candidate.front())) {
      usable.push_back(std::move(earlier));
    }
  }
  return usable;
}

void AddSides(const std::string& step, std::vector<EarlierRuns>& earlier) {
  for (EarlierRuns& gate : earlier) {
    if (gate.sides.find(step) == gate.sides.end()) {
      gate.sides.emplace(step, SidesOf(gate.baseline, gate.candidate, step));
    }
  }
}

EarlierNoise NoiseOf(std::span<const EarlierRuns> earlier,
                     const std::function<RunSeries(const EarlierRuns&)>& series_of) {
  double squares = 0;
  double df = 0;
  for (const EarlierRuns& gate : earlier) {
    const RunSeries series = series_of(gate);
    if (!series.missing.empty() || series.lower_bound_a || series.lower_bound_b) {
      continue;
    }
    if (const auto effect = EstimateEffect(series.a, series.b, gate.order, kAnyError)) {
      squares += effect->variance * effect->df;
      df += effect->df;
    }
  }
  return {.variance = df > 0 ? squares / df : 0, .df = df};
}

std::string NoiseAside(const EarlierNoise& known, const Effect& effect) {
  if (known.df <= 0) {
    return "";
  }
  return effect.earlier_df > 0
             ? fmt::format("noise known from earlier gates too, {:g} degrees of freedom in all",
                           effect.df)
             : "noisier than earlier gates, so from these runs alone";
}

}  // namespace weir::analysis
