#include "analysis/gate_outcome.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "analysis/gate_prose.h"
#include "base/check.h"
#include "base/text.h"

namespace weir::analysis {
namespace {

// Floating sums of weights: 0.9 of 1 must reach 90 %.
constexpr double kScoreSlack = 1e-9;

bool IsFor(const Waiver& waiver, const GateCheck& check) {
  return (waiver.metric == "*" || waiver.metric == check.metric) &&
         (waiver.step == "*" || waiver.step == check.step);
}

std::string WaiverText(const Waiver& waiver) {
  return fmt::format("{} until {}: {}", Printable(waiver.owner), FormatWallTime(waiver.until),
                     Printable(waiver.reason));
}

// What a check counts as.
Verdict Counted(const GateCheck& check) {
  return check.waiver.empty() || check.verdict < Verdict::kInconclusive ? check.verdict
                                                                        : Verdict::kWarn;
}

// How near a check is to the worse side of its verdict; only compared inside one verdict.
double Closeness(const GateCheck& check) {
  if (check.verdict == Verdict::kFail) {
    return -check.p_value.value_or(1);
  }
  if (!check.interval || check.tolerance <= 0) {
    return 0;
  }
  const bool lower_is_worse = BareMetric(check) == "throughput" || BareMetric(check) == "apdex";
  const double worst = lower_is_worse ? -check.interval->low : check.interval->high;
  return worst / check.tolerance;
}

const GateCheck* DecidingCheck(const std::vector<GateCheck>& checks, Verdict verdict) {
  const GateCheck* deciding = nullptr;
  for (const GateCheck& check : checks) {
    if (Counted(check) == verdict && check.weight > 0 &&
        (deciding == nullptr || Closeness(check) > Closeness(*deciding))) {
      deciding = &check;
    }
  }
  return deciding;
}

double Points(Verdict verdict) {
  return verdict == Verdict::kPass ? 1 : verdict == Verdict::kWarn ? 0.5 : 0;
}

std::optional<Interval> ScoreOf(const std::vector<GateCheck>& checks) {
  double most = 0;
  Interval score;
  for (const GateCheck& check : checks) {
    const Verdict counted = Counted(check);
    most += check.weight;
    score.low += check.weight * Points(counted);
    score.high += check.weight * (counted == Verdict::kInconclusive ? 1 : Points(counted));
  }
  if (most <= 0) {
    return std::nullopt;
  }
  return Interval{.low = score.low / most, .high = score.high / most};
}

Verdict ByScore(const ScoreRule& rule, const Interval& score) {
  const auto grade = [&](double points) {
    return points >= rule.pass - kScoreSlack      ? Verdict::kPass
           : points >= rule.warning - kScoreSlack ? Verdict::kWarn
                                                  : Verdict::kFail;
  };
  return grade(score.low) == grade(score.high) ? grade(score.low) : Verdict::kInconclusive;
}

Verdict WorstKey(const std::vector<GateCheck>& checks) {
  Verdict worst = Verdict::kPass;
  for (const GateCheck& check : checks) {
    // A key that only warns has its half point, no more.
    const Verdict counted = check.key ? Counted(check) : Verdict::kPass;
    worst = counted == Verdict::kWarn ? worst : Worse(worst, counted);
  }
  return worst;
}

std::string ScoreInWords(const Interval& score) {
  if (score.low == score.high) {
    return fmt::format("{:.3g} %", score.low * 100);
  }
  return fmt::format("between {:.3g} % and {:.3g} %", score.low * 100, score.high * 100);
}

void ConcludeByScore(const GatePolicy& policy, GateResult& result) {
  result.score = ScoreOf(result.checks);
  if (!result.score) {
    result.verdict = Verdict::kInconclusive;
    result.reason = "no criterion of the policy counts, so there is no score";
    return;
  }
  const Verdict key = WorstKey(result.checks);
  result.verdict = Worse(ByScore(*policy.score, *result.score), key);
  result.reason =
      fmt::format("the score is {}; {:.3g} % pass, {:.3g} % warn", ScoreInWords(*result.score),
                  policy.score->pass * 100, policy.score->warning * 100);
  const auto deciding =
      std::find_if(result.checks.begin(), result.checks.end(),
                   [&](const GateCheck& check) { return check.key && Counted(check) == key; });
  if (key > Verdict::kWarn && deciding != result.checks.end()) {
    result.reason +=
        fmt::format("; a key criterion {}: {}", key == Verdict::kFail ? "fails" : "is undecided",
                    deciding->reason);
  } else if (const GateCheck* worst = DecidingCheck(result.checks, Verdict::kFail);
             worst != nullptr && result.verdict != Verdict::kPass) {
    result.reason += "; " + worst->reason;
  } else if (worst = DecidingCheck(result.checks, result.verdict);
             worst != nullptr && result.verdict != Verdict::kPass) {
    result.reason += "; " + worst->reason;
  }
}

void ConcludeByWorst(GateResult& result) {
  result.verdict = Verdict::kPass;
  std::size_t counting = 0;
  for (const GateCheck& check : result.checks) {
    if (check.weight > 0) {
      result.verdict = Worse(result.verdict, Counted(check));
      ++counting;
    }
  }
  const GateCheck* deciding = DecidingCheck(result.checks, result.verdict);
  if (deciding == nullptr) {
    result.verdict = Verdict::kInconclusive;
    result.reason = "no criterion of the policy counts";
    return;
  }
  result.reason = result.verdict == Verdict::kPass && counting > 1
                      ? fmt::format("all {} checks pass; nearest to its tolerance: {}", counting,
                                    deciding->reason)
                      : deciding->reason;
  if (!deciding->waiver.empty() && deciding->verdict > Verdict::kWarn) {
    result.reason += "; waived by " + deciding->waiver;
  }
}

// Every check that counts is undecided for that one reason.
bool AllBlocked(const std::vector<GateCheck>& checks, const std::string& blocker) {
  return !blocker.empty() && std::all_of(checks.begin(), checks.end(), [&](const GateCheck& check) {
    return check.weight <= 0 || (check.verdict == Verdict::kInconclusive &&
                                 check.reason.find(blocker) != std::string::npos);
  });
}

void ActOnFail(const GateActions& actions, const GateHistory& history, GateResult& result) {
  switch (actions.on_fail) {
    case OnFail::kBlock:
      result.action = GateAction::kBlock;
      return;
    case OnFail::kRollback:
      result.action = GateAction::kRollback;
      return;
    case OnFail::kWarn:
      result.action = GateAction::kProceed;
      result.action_reason = "the policy only warns of a fail (on_fail: warn)";
      return;
    case OnFail::kConfirm:
      break;
  }
  if (history.failed_before) {
    result.action = GateAction::kBlock;
    result.action_reason = "fresh runs failed again: the fail is confirmed";
    return;
  }
  result.action = GateAction::kConfirm;
  result.action_reason = fmt::format(
      "the fail counts when {} fresh runs of the candidate fail again (on_fail: confirm)",
      actions.confirm_runs);
}

void ActOnInconclusive(const GateActions& actions, const GateHistory& history, GateResult& result) {
  switch (actions.on_inconclusive) {
    case OnInconclusive::kHold:
      result.action = GateAction::kHold;
      return;
    case OnInconclusive::kPass:
      result.action = GateAction::kProceed;
      result.action_reason = "the policy lets an inconclusive verdict pass (on_inconclusive: pass)";
      return;
    case OnInconclusive::kRerun:
      break;
  }
  const int left = actions.rerun_max - history.inconclusive_in_a_row;
  result.action = left > 0 ? GateAction::kRerun : GateAction::kHold;
  result.action_reason =
      left > 0 ? fmt::format("record more runs and ask again; {} of {} attempts are left", left,
                             actions.rerun_max)
               : fmt::format("{} attempts did not decide it", actions.rerun_max);
}

}  // namespace

void ApplyWaivers(const GatePolicy& policy, WallTime now, GateResult& result) {
  for (GateCheck& check : result.checks) {
    if (check.verdict < Verdict::kInconclusive || check.weight <= 0) {
      continue;
    }
    for (const Waiver& waiver : policy.waivers) {
      if (!IsFor(waiver, check)) {
        continue;
      }
      if (now < waiver.until) {
        check.waiver = WaiverText(waiver);
        break;
      }
      result.warnings.push_back(
          fmt::format("the waiver of {} by {} ran out at {} and does not count", check.metric,
                      Printable(waiver.owner), FormatWallTime(waiver.until)));
    }
  }
}

void Conclude(const GatePolicy& policy, const std::string& blocker, GateResult& result) {
  if (policy.score) {
    ConcludeByScore(policy, result);
  } else {
    ConcludeByWorst(result);
  }
  if (AllBlocked(result.checks, blocker)) {
    result.reason = "the runs cannot be judged: " + blocker;
  }
}

void Act(const GateActions& actions, const GateHistory& history, GateResult& result) {
  result.action_reason.clear();
  switch (result.verdict) {
    case Verdict::kPass:
    case Verdict::kWarn:
      result.action = GateAction::kProceed;
      break;
    case Verdict::kInconclusive:
      ActOnInconclusive(actions, history, result);
      break;
    case Verdict::kFail:
      ActOnFail(actions, history, result);
      break;
  }
  if (actions.dry_run && result.action != GateAction::kProceed) {
    result.action_reason = fmt::format("a dry run: without it, the answer would be '{}'",
                                       GateActionName(result.action));
    result.action = GateAction::kProceed;
  }
}

}  // namespace weir::analysis
