#include "analysis/gate_inputs.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "analysis/run_statistics.h"
#include "base/text.h"

namespace weir::analysis {
namespace {

// The generator's lateness is part of each response time; below this share nobody would notice.
constexpr double kLagShareMax = 0.1;

std::string NoRuns(std::span<const Run> baseline, std::span<const Run> candidate) {
  if (baseline.empty()) {
    return "there is no baseline run to compare with";
  }
  return candidate.empty() ? "there is no candidate run to judge" : "";
}

std::string OnBothSides(std::span<const Run> baseline, std::span<const Run> candidate) {
  for (const Run& run : candidate) {
    const bool shared = run.id != 0 && std::any_of(baseline.begin(), baseline.end(),
                                                   [&](const Run& x) { return x.id == run.id; });
    if (shared) {
      return fmt::format("{} is in the baseline and in the candidate", RunName(run));
    }
  }
  return "";
}

std::string Unusable(std::span<const Run> runs, std::string_view side) {
  for (const Run& run : runs) {
    if (run.state != RunState::kComplete) {
      return fmt::format("{} of the {} is {}{}", RunName(run), side, RunStateName(run.state),
                         run.state_reason.empty() ? "" : ": " + run.state_reason);
    }
    if (run.measurements.empty() && MeasuredCounts(run).planned == 0) {
      return fmt::format("{} of the {} has no measured requests", RunName(run), side);
    }
  }
  return "";
}

template <typename Getter>
std::set<std::string> Values(std::span<const Run> runs, Getter get) {
  std::set<std::string> values;
  for (const Run& run : runs) {
    values.insert(get(run));
  }
  return values;
}

template <typename Getter>
bool AllAlike(std::span<const Run> baseline, std::span<const Run> candidate, Getter get) {
  const std::set<std::string> values = Values(baseline, get);
  return values.size() == 1 && values == Values(candidate, get);
}

std::string Environment(const Run& run) {
  return run.plan.environment;
}

std::string Differing(std::span<const Run> baseline, std::span<const Run> candidate) {
  if (!AllAlike(baseline, candidate, [](const Run& run) { return run.plan.scenario_sha256; })) {
    return "the runs are of different scenarios (their scenario_sha256 differ)";
  }
  const auto load = [](const Run& run) {
    return run.plan.load + (run.plan.open_loop ? " (open loop)" : " (closed loop)");
  };
  if (!AllAlike(baseline, candidate, load)) {
    return fmt::format("the load differs between runs: '{}' and '{}'", load(baseline.front()),
                       load(candidate.back()));
  }
  return "";
}

std::string OtherEnvironment(std::span<const Run> baseline, std::span<const Run> candidate) {
  const std::set<std::string> before = Values(baseline, Environment);
  const std::set<std::string> after = Values(candidate, Environment);
  if (before == after) {
    return "";
  }
  return fmt::format("the environment differs between the sides: '{}' and '{}'",
                     Printable(*before.begin()), Printable(*after.rbegin()));
}

void WarnOfLag(std::span<const Run> runs, std::string_view side,
               std::vector<std::string>& warnings) {
  for (const Run& run : runs) {
    std::optional<Histogram> lag_sum;
    std::optional<Histogram> response_sum;
    const Histogram& lag = MeasuredHistogram(run, LatencyKind::kSendLag, -1, lag_sum);
    const Histogram& response = MeasuredHistogram(run, LatencyKind::kResponse, -1, response_sum);
    if (lag.empty() || response.empty()) {
      continue;
    }
    const auto late = static_cast<double>(lag.QuantileNs(0.99));
    const auto median = static_cast<double>(response.QuantileNs(0.5));
    if (late > kLagShareMax * median) {
      warnings.push_back(
          fmt::format("the generator was late in {} of the {}: send lag p99 is {}, the median "
                      "response time {}",
                      RunName(run), side, FormatDuration(FromSeconds(late / 1e9)),
                      FormatDuration(FromSeconds(median / 1e9))));
      return;
    }
  }
}

// "run 12 of the candidate is invalid: ...": the first run of that grade; empty if there is none.
std::string Graded(std::span<const Run> runs, std::string_view side, Grade grade) {
  for (const Run& run : runs) {
    if (run.validity && run.validity->grade == grade && !run.validity->reasons.empty()) {
      return fmt::format("{} of the {} is {}: {}", RunName(run), side, GradeName(grade),
                         run.validity->reasons.front().text);
    }
  }
  return "";
}

void WarnOfSuspects(std::span<const Run> runs, std::string_view side,
                    std::vector<std::string>& warnings) {
  if (std::string text = Graded(runs, side, Grade::kSuspect); !text.empty()) {
    warnings.push_back(std::move(text));
  }
}

void WarnOfAccounting(std::span<const Run> runs, std::vector<std::string>& warnings) {
  for (const Run& run : runs) {
    if (!MeasuredCounts(run).Balanced()) {
      warnings.push_back(
          fmt::format("{}: planned requests are not the sum of their outcomes", RunName(run)));
    }
  }
}

void WarnOfOrder(const RunOrder& order, std::vector<std::string>& warnings) {
  if (order.design == RunDesign::kSequential) {
    warnings.emplace_back(
        "the sides did not alternate, so a drift of the machine looks like an effect: a trend is "
        "taken out and the test is twice as strict; alternate the runs, or use a duet");
  }
  if (order.design == RunDesign::kUnknown) {
    warnings.emplace_back("the order of the runs is not known, so no check can fail");
  }
  if (order.overlapping) {
    warnings.emplace_back("runs of the two sides overlap in time without forming pairs");
  }
}

}  // namespace

std::string RunName(const Run& run) {
  return run.id == 0 ? "a run" : fmt::format("run {}", run.id);
}

std::string CandidateBlocker(std::span<const Run> candidate, const InputRules& rules) {
  if (candidate.empty()) {
    return "there is no candidate run to judge";
  }
  const std::string unusable = Unusable(candidate, "candidate");
  return unusable.empty() && rules.on_invalid == OnInvalid::kInconclusive
             ? Graded(candidate, "candidate", Grade::kInvalid)
             : unusable;
}

GateInputs CheckGateInputs(std::span<const Run> baseline, std::span<const Run> candidate,
                           const RunOrder& order, const InputRules& rules) {
  GateInputs inputs;
  inputs.blocker = NoRuns(baseline, candidate);
  if (!inputs.blocker.empty()) {
    return inputs;
  }
  std::vector<std::string> invalid = {Graded(baseline, "baseline", Grade::kInvalid),
                                      Graded(candidate, "candidate", Grade::kInvalid)};
  std::string environment = OtherEnvironment(baseline, candidate);
  if (rules.any_environment && !environment.empty()) {
    inputs.warnings.push_back(std::exchange(environment, ""));
  }
  if (rules.on_invalid == OnInvalid::kWarn) {
    std::copy_if(invalid.begin(), invalid.end(), std::back_inserter(inputs.warnings),
                 [](const std::string& text) { return !text.empty(); });
    invalid = {"", ""};
  }
  for (const std::string& reason :
       {OnBothSides(baseline, candidate), Unusable(baseline, "baseline"),
        Unusable(candidate, "candidate"), invalid[0], invalid[1], Differing(baseline, candidate),
        environment}) {
    if (inputs.blocker.empty()) {
      inputs.blocker = reason;
    } else if (!reason.empty()) {
      inputs.warnings.push_back(reason);
    }
  }
  if (const auto mixed = Values(baseline, Environment); mixed.size() > 1) {
    inputs.warnings.push_back(
        fmt::format("each side mixes {} environments", FormatCount(mixed.size())));
  }
  WarnOfLag(baseline, "baseline", inputs.warnings);
  WarnOfLag(candidate, "candidate", inputs.warnings);
  WarnOfSuspects(baseline, "baseline", inputs.warnings);
  WarnOfSuspects(candidate, "candidate", inputs.warnings);
  WarnOfAccounting(baseline, inputs.warnings);
  WarnOfAccounting(candidate, inputs.warnings);
  WarnOfOrder(order, inputs.warnings);
  return inputs;
}

}  // namespace weir::analysis
