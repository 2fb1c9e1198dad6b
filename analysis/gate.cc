#include "analysis/gate.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "analysis/benchmark_criteria.h"
#include "analysis/criterion_value.h"
#include "analysis/gate_context.h"
#include "analysis/gate_demands.h"
#include "analysis/gate_distribution.h"
#include "analysis/gate_every_step.h"
#include "analysis/gate_flip.h"
#include "analysis/gate_history.h"
#include "analysis/gate_inputs.h"
#include "analysis/gate_judges.h"
#include "analysis/gate_outcome.h"
#include "analysis/gate_prose.h"
#include "analysis/gate_scope.h"
#include "base/check.h"

namespace weir::analysis {
namespace {

using Kind = GateCriterion::Kind;
using Basis = GateCriterion::Basis;

constexpr double kSequentialStrictness = 0.5;

// Shares of alpha. A latency moves in every comparison; throughput and errors of a sound system do
// not, and when they break they break by far, so a small share costs them no power.
double WeightOf(const GateCriterion& criterion) {
  if (criterion.basis == Basis::kDemands) {
    return 0;
  }
  switch (criterion.kind) {
    case Kind::kResponseBody:
    case Kind::kResponseMean:
      return 2;
    case Kind::kResponseQuantile:
    case Kind::kEveryStep:
    case Kind::kDistribution:
      return 3;
    case Kind::kApdex:
    case Kind::kResource:
      return 1;
    case Kind::kThroughput:
    case Kind::kErrorRate:
      return 0.25;
  }
  WEIR_CHECK(false);
}

void JudgeByBaseline(GateContext& context, const GatePolicy& policy, const GateCriterion& criterion,
                     GateCheck& check) {
  double alpha = policy.alpha * WeightOf(criterion) / context.weight_sum;
  alpha *= context.order.design == RunDesign::kSequential ? kSequentialStrictness : 1;
  check.alpha = alpha;
  auto [place, added] = context.sides.try_emplace(criterion.step);
  if (added) {
    place->second = SidesOf(context.baseline, context.candidate, criterion.step);
  }
  AddSides(criterion.step, context.earlier);
  switch (criterion.kind) {
    case Kind::kResponseBody:
    case Kind::kResponseQuantile:
      if (criterion.window.count() > 0 ||
          (criterion.kind == Kind::kResponseQuantile && OnlySummaries(context.baseline) &&
           OnlySummaries(context.candidate))) {
        JudgePlain(context, criterion, alpha, check);
      } else {
        JudgeLatency(context, place->second, criterion, alpha, check);
      }
      break;
    case Kind::kThroughput:
      JudgeThroughput(context, place->second, criterion, alpha, check);
      break;
    case Kind::kErrorRate:
      JudgeErrors(context, place->second, criterion, alpha, check);
      break;
    case Kind::kResponseMean:
    case Kind::kApdex:
    case Kind::kResource:
      JudgePlain(context, criterion, alpha, check);
      break;
    case Kind::kEveryStep:
      JudgeEveryStep(context, criterion, alpha, check);
      break;
    case Kind::kDistribution:
      JudgeDistribution(context, place->second, criterion, alpha, check);
      break;
  }
  if (!context.blocker.empty()) {
    check.runs_needed.reset();
    Undecided(check, context.blocker);
  } else if (!check.candidate) {
    Missing(check, policy.on_missing);
  }
}

void JudgeByBasis(GateContext& context, const GatePolicy& policy, const GateCriterion& criterion,
                  GateCheck& check) {
  if (criterion.basis != Basis::kBaseline && !context.candidate_blocker.empty()) {
    Undecided(check, context.candidate_blocker);
  } else if (criterion.basis == Basis::kDemands) {
    JudgeDemands(context, policy, criterion, check);
  } else {
    WEIR_CHECK(criterion.tolerance > 0);
    if (criterion.basis == Basis::kHistory) {
      JudgeByHistory(context, policy, criterion,
                     policy.alpha * WeightOf(criterion) / context.weight_sum, check);
    } else if (context.baseline.empty() || context.candidate.empty()) {
      Undecided(check, context.blocker);
      Missing(check, context.candidate.empty() ? OnMissing::kInconclusive : policy.on_no_baseline);
    } else {
      JudgeByBaseline(context, policy, criterion, check);
    }
  }
}

// Gates of the past that lack what the scope names tell nothing of its noise.
void CutEarlier(const GateScope& scope, std::vector<EarlierRuns>& earlier,
                std::vector<std::array<ScopedRuns, 2>>& cut) {
  std::vector<EarlierRuns> kept;
  for (EarlierRuns& gate : earlier) {
    std::array<ScopedRuns, 2> sides = {Scoped(gate.baseline, scope), Scoped(gate.candidate, scope)};
    if (sides[0].missing.empty() && sides[1].missing.empty()) {
      gate.sides.clear();
      kept.push_back(std::move(gate));
      cut.push_back(std::move(sides));
    }
  }
  for (std::size_t i = 0; i < kept.size(); ++i) {
    kept[i].baseline = cut[i][0].runs;
    kept[i].candidate = cut[i][1].runs;
  }
  earlier = std::move(kept);
}

void JudgeScoped(const GateContext& whole, const GatePolicy& policy, const GateCriterion& criterion,
                 GateCheck& check) {
  const std::array<ScopedRuns, 3> sides = {Scoped(whole.baseline, criterion.scope),
                                           Scoped(whole.candidate, criterion.scope),
                                           Scoped(whole.history, criterion.scope)};
  for (const ScopedRuns& side : sides) {
    if (!side.missing.empty()) {
      Undecided(check, side.missing);
      return Missing(check, policy.on_missing);
    }
  }
  GateContext context = whole;
  context.baseline = sides[0].runs;
  context.candidate = sides[1].runs;
  context.history = sides[2].runs;
  context.sides.clear();
  std::vector<std::array<ScopedRuns, 2>> cut;
  CutEarlier(criterion.scope, context.earlier, cut);
  JudgeByBasis(context, policy, criterion, check);
}

GateCheck JudgeCriterion(GateContext& context, const GatePolicy& policy,
                         const GateCriterion& criterion) {
  GateCheck check;
  check.metric = MetricName(criterion);
  check.step = criterion.step;
  check.tolerance = criterion.tolerance;
  check.weight = criterion.weight;
  check.key = criterion.key;
  if (criterion.scope.IsWhole()) {
    JudgeByBasis(context, policy, criterion, check);
  } else {
    JudgeScoped(context, policy, criterion, check);
  }
  check.flip = FlipOf(check);
  return check;
}

// Benchmarks have no response times: each is judged by its own time.
std::vector<GateCriterion> CriteriaOf(const GatePolicy& policy, const GateRuns& runs) {
  if (!policy.criteria.empty()) {
    return policy.criteria;
  }
  std::vector<GateCriterion> criteria = BenchmarkCriteria(runs.baseline, runs.candidate);
  return criteria.empty() ? DefaultGatePolicy().criteria : criteria;
}

}  // namespace

GatePolicy DefaultGatePolicy() {
  GatePolicy policy;
  policy.criteria = {{.kind = Kind::kResponseBody, .quantile = 0, .tolerance = 0.02},
                     {.kind = Kind::kResponseQuantile, .quantile = 0.99, .tolerance = 0.05},
                     {.kind = Kind::kThroughput, .quantile = 0, .tolerance = 0.05},
                     {.kind = Kind::kErrorRate, .quantile = 0, .tolerance = 0.001}};
  return policy;
}

GateResult JudgeGate(const GatePolicy& policy, const GateRuns& runs, WallTime now) {
  WEIR_CHECK(policy.alpha > 0 && policy.alpha <= 0.5);
  const std::vector<GateCriterion> criteria = CriteriaOf(policy, runs);
  GateContext context;
  context.baseline = runs.baseline;
  context.candidate = runs.candidate;
  context.history = runs.history;
  context.order = OrderOf(runs.baseline, runs.candidate);
  context.alone = criteria.size() == 1;
  context.weight_sum = 0;
  for (const GateCriterion& criterion : criteria) {
    context.weight_sum += WeightOf(criterion);
  }
  const InputRules rules = {.on_invalid = policy.on_invalid,
                            .any_environment = policy.any_environment};
  GateInputs inputs = CheckGateInputs(runs.baseline, runs.candidate, context.order, rules);
  context.candidate_blocker = CandidateBlocker(runs.candidate, rules);
  context.blocker = inputs.blocker;
  context.earlier =
      UsableEarlier(runs.earlier, runs.baseline, runs.candidate, context.order, rules);
  GateResult result;
  result.design = RunDesignName(context.order.design);
  result.warnings = std::move(inputs.warnings);
  WarnOfBenchmarks(runs.baseline, runs.candidate, result.warnings);
  for (const Run& run : runs.baseline) {
    result.baseline_runs.push_back(run.id);
  }
  for (const Run& run : runs.candidate) {
    result.candidate_runs.push_back(run.id);
  }
  for (const GateCriterion& criterion : criteria) {
    result.checks.push_back(JudgeCriterion(context, policy, criterion));
  }
  ApplyWaivers(policy, now, result);
  Conclude(policy, context.blocker, result);
  return result;
}

GateResult JudgeGate(const GatePolicy& policy, std::span<const Run> baseline,
                     std::span<const Run> candidate) {
  return JudgeGate(policy, {.baseline = baseline, .candidate = candidate}, WallTime{});
}

}  // namespace weir::analysis
