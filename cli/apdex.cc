#include "cli/apdex.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "analysis/apdex.h"
#include "base/text.h"
#include "scenarios/reader.h"

namespace weir::cli {
namespace {

struct Targets {
  std::optional<Nanos> others;  // For steps without one of their own.
  std::map<std::string, Nanos> by_step;
};

Status AddTarget(const Run& run, const std::string& word, Targets& targets) {
  const std::size_t equals = word.rfind('=');
  const std::string_view span =
      equals == std::string::npos ? word : std::string_view(word).substr(equals + 1);
  const Result<Nanos> t = ParseDuration(span);
  if (!t || *t <= Nanos(0)) {
    return UsageError(fmt::format("--apdex: '{}' is not a time above 0\n  hint: 500ms, or STEP=2s",
                                  Printable(span, 60)));
  }
  if (equals == std::string::npos) {
    targets.others = *t;
    return {};
  }
  const std::string step = word.substr(0, equals);
  std::vector<std::string_view> names;
  for (const StepName& name : run.plan.steps) {
    names.push_back(name.step);
  }
  if (std::find(names.begin(), names.end(), step) == names.end()) {
    return UsageError(fmt::format("--apdex: the run has no step '{}'\n  hint: there are: {}",
                                  Printable(step, 60),
                                  Printable(fmt::format("{}", fmt::join(names, ", ")), 200)));
  }
  targets.by_step[step] = *t;
  return {};
}

// A run from flags, or an imported one, has kept no scenario file: it has no targets.
Targets TargetsInScenario(const Run& run) {
  Targets targets;
  const auto scenario = scenarios::ReadScenario(run.plan.scenario_text, run.plan.scenario);
  if (!scenario) {
    return targets;
  }
  for (const scenarios::Flow& flow : scenario->flows) {
    for (const scenarios::Action& action : flow.actions) {
      const auto* request = std::get_if<scenarios::Request>(&action);
      if (request != nullptr && request->apdex) {
        targets.by_step[request->name] = *request->apdex;
      }
    }
  }
  return targets;
}

}  // namespace

Result<std::vector<reports::StepApdex>> ApdexOfRun(const Run& run,
                                                   const std::vector<std::string>& given) {
  Targets targets = given.empty() ? TargetsInScenario(run) : Targets();
  for (const std::string& word : given) {
    if (Status added = AddTarget(run, word, targets); !added) {
      return tl::unexpected(added.error());
    }
  }
  std::vector<reports::StepApdex> rows;
  if (targets.by_step.empty() && targets.others) {
    rows.push_back({"", *targets.others, analysis::ApdexOf(run, -1, *targets.others)});
    return rows;
  }
  for (std::size_t i = 0; i < run.plan.steps.size(); ++i) {
    const std::string& name = run.plan.steps[i].step;
    const auto own = targets.by_step.find(name);
    const std::optional<Nanos> t =
        own != targets.by_step.end() ? std::optional(own->second) : targets.others;
    if (t) {
      rows.push_back({name, *t, analysis::ApdexOf(run, static_cast<int>(i), *t)});
    }
  }
  return rows;
}

}  // namespace weir::cli
