#pragma once

#include <span>
#include <string>

#include "monitor/deploy_gate.h"
#include "store/deployments.h"
#include "store/history.h"

/// Answers of the service as JSON.
namespace weir::monitor {

/// Schema "weir.deploy_verdict/1", for Argo Rollouts' web metric: `verdict` (GateStateName),
/// `score` 0..100, `reason`, `run`, `criteria`. With an error instead of an answer the verdict is
/// "inconclusive" and the reason what went wrong: a code other than 200 would count as a failure of
/// the measurement there, and after five of them of the rollout.
std::string DeployVerdictJson(const GateQuestion& question, const Result<GateAnswer>& answer);

/// "weir.verdict/1" of the gate with `id` and `decided_at` in front.
std::string StoredVerdictJson(const store::StoredVerdict& verdict);

/// Schema "weir.verdicts/1": heads of verdicts.
std::string VerdictListJson(std::span<const store::StoredVerdict> verdicts);

/// Schema "weir.deployments/1".
std::string DeploymentListJson(std::span<const store::Deployment> deployments);

}  // namespace weir::monitor
