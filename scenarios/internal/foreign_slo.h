#pragma once

#include "scenarios/gate_policy.h"
#include "scenarios/internal/values.h"

/// Service level objectives of others, read as gate policies. What is wrong is added to the
/// diagnostics.
namespace weir::scenarios::internal {

/// Keptn's SLO file, spec_version 0.1.x and 1.0, unmodified. Its objectives become demands, its
/// comparison a baseline of verdicts of the past (last-pass:N, last-warn:N, last-verdict:N), and a
/// first evaluation without one passes what is relative, as in Keptn. Names of indicators:
///
///   response_time_p95 (any pNN), response_time   ms; also latency_ and request_latency_
///   throughput                                   per second
///   error_rate                                   percent
///   anything else                                a metric that the run recorded of its target
///
/// `filter` is not used: the runs are chosen by selectors.
/// Source: keptn/spec, service_level_objective.md, version 1.0.
void ReadKeptnSlo(const YamlNode& root, GatePolicyFile& file, Diagnostics& diagnostics);

/// An OpenSLO v1 document of kind SLO. An objective on a ratioMetric is a limit on the error rate
/// (1 - target); one on a thresholdMetric `op: lte, value: V, target: T` is the T-quantile of the
/// response time against V seconds. What needs a time window (Timeslices, alert policies) has no
/// meaning for a run and is refused by name.
/// Source: OpenSLO specification v1.
void ReadOpenSlo(const YamlNode& root, GatePolicyFile& file, Diagnostics& diagnostics);

}  // namespace weir::scenarios::internal
