#include "cli/gate_earlier.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "analysis/run_order.h"

namespace weir::cli {
namespace {

// A side with more runs knows its own noise; loading them would only cost time.
constexpr std::size_t kRunsASideMax = 50;

bool AnyUsed(const std::vector<RunId>& runs, const std::set<RunId>& used) {
  return std::any_of(runs.begin(), runs.end(), [&](RunId run) { return used.count(run) > 0; });
}

// Whether the rows of the verdict alone let it be worth loading its runs.
bool MayServe(const GateResult& result, std::string_view design, const std::set<RunId>& used) {
  for (const auto* runs : {&result.baseline_runs, &result.candidate_runs}) {
    if (runs->empty() || runs->size() > kRunsASideMax || AnyUsed(*runs, used)) {
      return false;
    }
  }
  return result.design == design;
}

// No value when a run is gone.
Result<std::optional<std::vector<Run>>> Load(store::Store& store, const std::vector<RunId>& ids) {
  std::vector<Run> runs;
  for (const RunId id : ids) {
    Result<Run> run = store.LoadRun(id);
    if (!run && run.error().kind == ErrorKind::kUsage) {
      return std::optional<std::vector<Run>>();
    }
    if (!run) {
      return tl::unexpected(run.error());
    }
    runs.push_back(std::move(*run));
  }
  return std::optional(std::move(runs));
}

class Finder {
 public:
  Finder(store::Store& store, const GatePolicy& policy, GateCase& gate_case)
      : store_(store),
        rules_{.on_invalid = policy.on_invalid, .any_environment = policy.any_environment},
        case_(gate_case),
        order_(analysis::OrderOf(gate_case.baseline.runs, gate_case.candidate.runs)) {
    for (const GateSide* side : {&gate_case.baseline, &gate_case.candidate}) {
      for (const Run& run : side->runs) {
        used_.insert(run.id);
      }
    }
  }

  bool Fits(const store::StoredVerdict& verdict) const {
    return MayServe(verdict.result, analysis::RunDesignName(order_.design), used_);
  }

  Status Add(const store::StoredVerdict& verdict) {
    // Most verdicts that do not fit show that in their first run.
    const RunId first = verdict.result.baseline_runs.front();
    const auto one = Load(store_, {first});
    if (!one || !*one || !SameScenario((*one)->front())) {
      return one ? Status() : tl::unexpected(one.error());
    }
    std::array<std::vector<Run>, 2> sides;
    for (const auto& [ids, runs] : {std::pair(&verdict.result.baseline_runs, sides.data()),
                                    std::pair(&verdict.result.candidate_runs, &sides[1])}) {
      auto loaded = Load(store_, *ids);
      if (!loaded || !*loaded) {
        return loaded ? Status() : tl::unexpected(loaded.error());
      }
      *runs = std::move(**loaded);
    }
    analysis::EarlierGate gate = {.baseline = std::move(sides[0]),
                                  .candidate = std::move(sides[1])};
    if (analysis::UsableEarlier({&gate, 1}, case_.baseline.runs, case_.candidate.runs, order_,
                                rules_)
            .empty()) {
      return {};
    }
    case_.earlier.push_back(std::move(gate));
    case_.earlier_verdicts.push_back(verdict.id);
    used_.insert(verdict.result.baseline_runs.begin(), verdict.result.baseline_runs.end());
    used_.insert(verdict.result.candidate_runs.begin(), verdict.result.candidate_runs.end());
    return {};
  }

 private:
  bool SameScenario(const Run& run) const {
    const RunPlan& ours = case_.baseline.runs.front().plan;
    return run.plan.scenario_sha256 == ours.scenario_sha256 &&
           run.plan.environment == ours.environment;
  }

  store::Store& store_;
  analysis::InputRules rules_;
  GateCase& case_;
  analysis::RunOrder order_;
  std::set<RunId> used_;
};

}  // namespace

Status FindEarlier(store::Store& store, const GatePolicy& policy, GateCase& gate_case) {
  if (policy.earlier_gates <= 0 || gate_case.baseline.runs.empty() ||
      gate_case.candidate.runs.empty()) {
    return {};
  }
  const Result<std::vector<store::StoredVerdict>> verdicts = store.ListVerdicts(kVerdictsLookedAt);
  if (!verdicts) {
    return tl::unexpected(verdicts.error());
  }
  Finder finder(store, policy, gate_case);
  for (const store::StoredVerdict& verdict : *verdicts) {
    if (gate_case.earlier.size() >= static_cast<std::size_t>(policy.earlier_gates)) {
      break;
    }
    if (!finder.Fits(verdict)) {
      continue;
    }
    if (Status added = finder.Add(verdict); !added) {
      return added;
    }
  }
  if (!gate_case.earlier.empty()) {
    gate_case.notes.push_back(fmt::format(
        "how much runs vary is estimated with the runs of {} earlier gate{} too: "
        "verdict{} {}",
        gate_case.earlier.size(), gate_case.earlier.size() == 1 ? "" : "s",
        gate_case.earlier.size() == 1 ? "" : "s", fmt::join(gate_case.earlier_verdicts, ", ")));
  }
  return {};
}

}  // namespace weir::cli
