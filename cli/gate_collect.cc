#include "cli/gate_collect.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/baseline.h"
#include "cli/environment.h"
#include "cli/gate_earlier.h"
#include "cli/gate_seconds.h"
#include "cli/selectors.h"
#include "reports/verdict_json.h"
#include "scenarios/gate_policy.h"

namespace weir::cli {
namespace {

bool IsRelative(const DemandSet& set) {
  return std::any_of(set.begin(), set.end(),
                     [](const Demand& demand) { return demand.of != Demand::Of::kValue; });
}

// The verdicts of the past on the same candidate under the same policy, newest first.
Result<std::vector<store::StoredVerdict>> Earlier(store::Store& store, const GateCase& gate_case) {
  constexpr std::size_t kLookedAt = 100;
  Result<std::vector<store::StoredVerdict>> all = store.ListVerdicts(kLookedAt);
  if (!all) {
    return all;
  }
  const std::string policy = Sha256(gate_case.policy.text);
  all->erase(
      std::remove_if(all->begin(), all->end(),
                     [&](const store::StoredVerdict& verdict) {
                       const auto inputs =
                           verdict.record ? ParseInputs(verdict.record->inputs) : std::nullopt;
                       return !inputs || inputs->policy_sha256 != policy ||
                              inputs->gate_case.candidate.selector != gate_case.candidate.selector;
                     }),
      all->end());
  return all;
}

// A fail that waits to be confirmed is confirmed by runs that it did not judge: those of its first
// verdict are set aside as soon as there are enough others.
void SetAsideFailed(const std::vector<store::StoredVerdict>& earlier, int confirm_runs,
                    GateCase& gate_case) {
  const std::vector<RunId>* judged = nullptr;
  for (const store::StoredVerdict& verdict : earlier) {
    if (verdict.result.action != GateAction::kConfirm) {
      break;
    }
    judged = &verdict.result.candidate_runs;
  }
  if (judged == nullptr) {
    return;
  }
  std::vector<Run> fresh;
  for (const Run& run : gate_case.candidate.runs) {
    if (std::find(judged->begin(), judged->end(), run.id) == judged->end()) {
      fresh.push_back(run);
    }
  }
  if (fresh.size() >= static_cast<std::size_t>(confirm_runs)) {
    gate_case.candidate.runs = std::move(fresh);
    gate_case.past.failed_before = true;
  }
}

Status LookBack(store::Store& store, const GateActions& actions, GateCase& gate_case) {
  if (actions.on_fail != OnFail::kConfirm && actions.on_inconclusive != OnInconclusive::kRerun) {
    return {};
  }
  const Result<std::vector<store::StoredVerdict>> earlier = Earlier(store, gate_case);
  if (!earlier) {
    return tl::unexpected(earlier.error());
  }
  for (const store::StoredVerdict& verdict : *earlier) {
    if (verdict.result.verdict != Verdict::kInconclusive) {
      break;
    }
    ++gate_case.past.inconclusive_in_a_row;
  }
  if (actions.on_fail == OnFail::kConfirm) {
    SetAsideFailed(*earlier, actions.confirm_runs, gate_case);
  }
  return {};
}

// Finds the runs of all sides.
Status FindRuns(store::Store& store, const std::string& scenario, GateCase& gate_case) {
  Result<std::vector<Run>> candidate = SelectRuns(store, gate_case.candidate.selector, scenario);
  if (!candidate) {
    return tl::unexpected(candidate.error());
  }
  gate_case.candidate.runs = std::move(*candidate);
  for (GateSide* side : {&gate_case.baseline, &gate_case.history}) {
    if (side->selector.empty()) {
      continue;
    }
    Result<Baseline> found =
        SelectBaseline(store, side->selector, scenario, gate_case.candidate.runs);
    if (!found) {
      return tl::unexpected(found.error());
    }
    side->runs = std::move(found->runs);
    gate_case.notes.insert(gate_case.notes.end(), found->notes.begin(), found->notes.end());
  }
  return {};
}

}  // namespace

Result<GivenFile> ReadGivenFile(const std::string& name) {
  GivenFile file;
  if (name.empty()) {
    return file;
  }
  file.name = name;
  Result<std::string> text = scenarios::ReadPolicyText(file.name);
  if (!text) {
    return tl::unexpected(text.error());
  }
  file.text = std::move(*text);
  return file;
}

bool NeedsBaseline(const scenarios::GatePolicyFile& file) {
  return file.policy.criteria.empty() ||
         std::any_of(
             file.policy.criteria.begin(), file.policy.criteria.end(),
             [&](const GateCriterion& criterion) {
               return criterion.basis == GateCriterion::Basis::kBaseline ||
                      (criterion.basis == GateCriterion::Basis::kHistory && file.history.empty()) ||
                      std::any_of(criterion.pass.begin(), criterion.pass.end(), IsRelative) ||
                      std::any_of(criterion.warn.begin(), criterion.warn.end(), IsRelative);
             });
}

Status CollectCase(store::Store& store, const std::string& scenario, const GatePolicy& policy,
                   GateCase& gate_case) {
  if (Status found = FindRuns(store, scenario, gate_case); !found) {
    return found;
  }
  for (GateSide* side : {&gate_case.candidate, &gate_case.baseline, &gate_case.history}) {
    if (Status added = AddSeconds(store, policy, side->runs); !added) {
      return added;
    }
  }
  if (Status looked = LookBack(store, policy.actions, gate_case); !looked) {
    return looked;
  }
  return FindEarlier(store, policy, gate_case);
}

Result<std::int64_t> RecordCase(const std::string& path, const GateCase& gate_case,
                                const GateResult& result) {
  auto store = store::Store::OpenForWriting(path);
  if (!store) {
    return tl::unexpected(store.error());
  }
  const store::VerdictSeal seal = {
      .inputs = InputsText(gate_case), .answer = reports::VerdictJson(result), .sha256 = Sha256};
  return (*store)->AppendVerdict(result, gate_case.decided_at, seal);
}

}  // namespace weir::cli
