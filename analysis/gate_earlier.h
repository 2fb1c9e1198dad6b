#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "analysis/effect.h"
#include "analysis/gate_inputs.h"
#include "analysis/run_order.h"
#include "analysis/run_series.h"
#include "base/run.h"

/// What earlier gates of the same scenario know of how much runs vary: five runs a side know it
/// badly, twenty more of the past know it better (docs/verdicts.md, "Earlier gates").
namespace weir::analysis {

/// What a gate of the past judged. It shares no run with the one that is judged now, nor with
/// another one of the past: that is the caller's to see to.
struct EarlierGate {
  std::vector<Run> baseline;
  std::vector<Run> candidate;
};

/// One that can be used here.
struct EarlierRuns {
  std::span<const Run> baseline;
  std::span<const Run> candidate;
  RunOrder order;
  std::map<std::string, Sides> sides;  ///< By step name.
};

/// Those of `gates` that compared what can be compared, in the same design, scenario, load and
/// environment as `baseline` and `candidate`. Spans point into `gates`.
std::vector<EarlierRuns> UsableEarlier(std::span<const EarlierGate> gates,
                                       std::span<const Run> baseline,
                                       std::span<const Run> candidate, const RunOrder& order,
                                       const InputRules& rules);

/// Fills `sides` of the step in all of them.
void AddSides(const std::string& step, std::vector<EarlierRuns>& earlier);

/// The noise of one statistic in the gates of the past, pooled by degrees of freedom; a gate in
/// which the statistic is missing or a lower bound counts nothing.
EarlierNoise NoiseOf(std::span<const EarlierRuns> earlier,
                     const std::function<RunSeries(const EarlierRuns&)>& series_of);

/// For the parentheses of a reason: whose noise the interval is made of. Empty when no gate of the
/// past could say anything.
std::string NoiseAside(const EarlierNoise& known, const Effect& effect);

}  // namespace weir::analysis
