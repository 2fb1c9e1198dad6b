#include "analysis/gate_scope.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "analysis/gate_inputs.h"
#include "base/whole_seconds.h"

namespace weir::analysis {
namespace {

// Why the stretch is not all in the measured part of the run; empty when it is.
std::string Outside(const Run& run, const GateScope& scope) {
  const std::uint32_t from = NextWholeSecond(run.plan.warm_up);
  const std::uint32_t to = WholeSeconds(run.plan.warm_up + run.measured);
  if (scope.from_s >= from && scope.to_s <= to) {
    return "";
  }
  return fmt::format("{} was measured from {} s to {} s, which does not hold {} s to {} s",
                     RunName(run), from, to, scope.from_s, scope.to_s);
}

std::string CutToStretch(const GateScope& scope, Run& run) {
  std::string outside = Outside(run, scope);
  if (!outside.empty()) {
    return outside;
  }
  const auto found =
      std::find_if(run.stretches.begin(), run.stretches.end(), [&](const RunStretch& stretch) {
        return stretch.from_s == scope.from_s && stretch.to_s == scope.to_s;
      });
  if (found == run.stretches.end()) {
    return fmt::format("the seconds of {} were not read", RunName(run));
  }
  run.totals = found->totals;
  run.measured = std::chrono::seconds(scope.to_s - scope.from_s);
  return "";
}

std::string CutToTags(const std::vector<Tag>& tags, Run& run) {
  const std::vector<StepName> all = std::exchange(run.plan.steps, {});
  std::vector<std::optional<std::uint32_t>> places;  // In the new plan, by place in the old one.
  for (const StepName& step : all) {
    places.emplace_back();
    if (step.Has(tags)) {
      places.back() = static_cast<std::uint32_t>(run.plan.steps.size());
      run.plan.steps.push_back(step);
    }
  }
  const std::vector<StepRecord> totals = std::exchange(run.totals, {});
  for (const StepRecord& record : totals) {
    if (record.step < places.size() && places[record.step]) {
      run.totals.push_back(record);
      run.totals.back().step = *places[record.step];
    }
  }
  return run.plan.steps.empty()
             ? fmt::format("{} has no step with the tags '{}'", RunName(run), TagsText(tags))
             : "";
}

std::string CutToPart(LatencyPart part, Run& run) {
  bool known = false;
  for (StepRecord& record : run.totals) {
    Histogram spans = PartHistogram(record, part);
    known = known || !spans.empty();
    LatencySet answered;
    for (const auto& [outcome, set] : record.latency) {
      answered.send_lag.Merge(set.send_lag);
    }
    answered.response = std::move(spans);
    record.latency.clear();
    record.latency.emplace(Outcome::kCompleted, std::move(answered));
  }
  return known ? "" : fmt::format("{} does not know where its response times went", RunName(run));
}

}  // namespace

ScopedRuns Scoped(std::span<const Run> runs, const GateScope& scope) {
  ScopedRuns scoped;
  for (const Run& run : runs) {
    Run cut = run;
    if (scope.HasStretch()) {
      scoped.missing = CutToStretch(scope, cut);
    }
    if (!scope.tags.empty() && scoped.missing.empty()) {
      scoped.missing = CutToTags(scope.tags, cut);
    }
    if (scope.part && scoped.missing.empty()) {
      scoped.missing = CutToPart(*scope.part, cut);
    }
    if (!scoped.missing.empty()) {
      scoped.runs.clear();
      return scoped;
    }
    scoped.runs.push_back(std::move(cut));
  }
  return scoped;
}

}  // namespace weir::analysis
