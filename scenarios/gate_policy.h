#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/gate_policy.h"
#include "base/result.h"

namespace weir::scenarios {

/// Whose words a policy is written in. Recognised by its keys.
enum class PolicyForm : std::uint8_t { kOwn, kKeptn, kOpenSlo };

/// A gate policy file:
///
///     candidate: build:b7          # optional
///     baseline: last-pass          # optional: as of `weir gate --baseline`
///     history: segment             # optional: runs for 'against: history'; default: the baseline
///     alpha: 5%                    # optional: false-fail rate of the whole verdict
///     criteria:                    # optional: without it the default policy
///       - response_time: p99       # or body (alias mean), average, distribution, p50, p99.9, ...
///         tolerance: 5%            # not worse than the baseline by as much, tested
///         step: list               # optional; or tags: { kind: api }, of steps together
///       - response_time: p95
///         limit: < 250ms           # or a list, all of which must hold: [ < 250ms, <= +10% ]
///         warn: < 200ms            # optional: beyond it warns
///       - { response_time: p99, window: 10s, limit: < 400ms }   # of the worst 10 s of a run
///       - { response_time: p99, part: first_byte }              # where the time went
///       - { error_rate: { during: 30s..90s } }                  # of these seconds of a run
///       - throughput: { tolerance: 5%, against: history }
///       - error_rate: { tolerance: 0.1%, key: true, weight: 2 }
///       - apdex: 250ms
///         limit: '>= 0.94'
///       - resource: cpu_s_per_request      # or memory_max, or a metric that the run recorded
///         tolerance: 5%
///       - every_step: { tolerance: 5% }    # no step of the plan got slower or worse, tested
///     total_score: { pass: 90%, warning: 75% }   # optional: by weights; default: the worst
///     demands: interval            # or point: limits against the values as they are
///     on_fail: block               # or warn, rollback, { confirm: 3 }
///     on_inconclusive: hold        # or pass, { rerun: 3 }
///     on_error: error              # or inconclusive, { retry: 3 }
///     on_invalid: inconclusive     # or warn; what an invalid run does
///     on_missing: inconclusive     # or pass, fail; a run lacks the step or metric
///     on_no_baseline: inconclusive # or pass, fail
///     on_environment: inconclusive # or warn; the sides ran on different machines
///     earlier_gates: 4             # past gates of the scenario whose noise counts too; 0: none
///     dry_run: false
///     waivers:
///       - { metric: response_time.p99, owner: shop, reason: known, until: 2030-01-31 }
///
/// Keptn's SLO files and OpenSLO's are read as they are (scenarios/internal/foreign_slo.h).
struct GatePolicyFile {
  PolicyForm form = PolicyForm::kOwn;
  std::string candidate;  ///< Selector; empty = not said.
  std::string baseline;   ///< Selector; empty = not said.
  std::string history;    ///< Selector; empty = the baseline's runs.
  GatePolicy policy;
};

/// Errors: kUsage, all errors of the file with their places (scenarios/diagnostic.h).
Result<GatePolicyFile> ReadGatePolicy(std::string_view text, std::string_view file_name);

/// Waivers in a file of their own: the list, or a map with the one key 'waivers'. Errors: as
/// ReadGatePolicy.
Result<std::vector<Waiver>> ReadWaiverList(std::string_view text, std::string_view file_name);

/// The text of a policy or a list of waivers. Errors: kUsage for a file that is missing,
/// unreadable, a directory or too large.
Result<std::string> ReadPolicyText(const std::string& path);

/// Both in one. Errors: kUsage.
Result<GatePolicyFile> ReadGatePolicyFile(const std::string& path);

}  // namespace weir::scenarios
