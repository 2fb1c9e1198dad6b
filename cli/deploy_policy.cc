#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "analysis/gate_prose.h"
#include "base/text.h"
#include "cli/deploy.h"
#include "cli/gate_collect.h"

namespace weir::cli {
namespace {

using Kind = GateCriterion::Kind;

Status Refuse(const std::string& name, const std::string& what, const std::string& fix) {
  return UsageError(fmt::format("{}: {}\n  hint: {}", Printable(name, 300), what, fix));
}

Status ReadCriterion(const std::string& name, const GateCriterion& criterion,
                     analysis::CanaryRule& rule) {
  const bool plain = criterion.basis == GateCriterion::Basis::kBaseline && criterion.step.empty() &&
                     criterion.scope.IsWhole();
  if (plain && criterion.kind == Kind::kResponseBody) {
    rule.response_tolerance = criterion.tolerance;
    return {};
  }
  if (plain && criterion.kind == Kind::kErrorRate) {
    rule.error_tolerance = criterion.tolerance;
    return {};
  }
  return Refuse(
      name,
      fmt::format("a watch cannot judge '{}'{} second by second", analysis::MetricName(criterion),
                  plain || !criterion.scope.IsWhole() ? ""
                  : criterion.step.empty()            ? " by a limit or by history"
                                                      : " of a step"),
      "name 'response_time: body' and 'error_rate' with a tolerance; leave the rest to "
      "'weir gate'");
}

Status CheckTheRest(const std::string& name, const GatePolicy& policy) {
  if (policy.score) {
    return Refuse(name, "a watch has no total_score", "leave it out: the worse criterion decides");
  }
  if (!policy.waivers.empty()) {
    return Refuse(name, "a waiver does not hold a rollback up",
                  "widen the tolerance, or write 'on_fail: warn'");
  }
  if (policy.actions.on_inconclusive == OnInconclusive::kRerun) {
    return Refuse(name, "a watch is not run again by itself",
                  "write 'on_inconclusive: hold' or 'pass', or a longer --duration");
  }
  return {};
}

}  // namespace

Status ReadWatchPolicy(const ParsedFlags& flags, WatchOrder& order) {
  if (!flags.Has("policy")) {
    return {};
  }
  Result<GivenFile> given = ReadGivenFile(flags.Text("policy"));
  if (!given) {
    return tl::unexpected(given.error());
  }
  order.policy = std::move(*given);
  const std::string& name = order.policy.name;
  const Result<scenarios::GatePolicyFile> file = scenarios::ReadGatePolicy(order.policy.text, name);
  if (!file) {
    return tl::unexpected(file.error());
  }
  const GatePolicy& policy = file->policy;
  for (const GateCriterion& criterion : policy.criteria) {
    if (Status read = ReadCriterion(name, criterion, order.rule); !read) {
      return read;
    }
  }
  if (Status fits = CheckTheRest(name, policy); !fits) {
    return fits;
  }
  order.rule.alpha = policy.alpha;
  order.on_fail = policy.actions.on_fail;
  if (order.on_fail == OnFail::kConfirm) {
    order.rollout.looks_in_a_row = policy.actions.confirm_runs;
  }
  order.on_inconclusive = policy.actions.on_inconclusive;
  order.dry_run = policy.actions.dry_run;
  return {};
}

}  // namespace weir::cli
