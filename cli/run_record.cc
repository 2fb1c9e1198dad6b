#include "cli/run_record.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "analysis/validity.h"
#include "cli/environment.h"
#include "cli/version.h"

namespace weir::cli {
namespace {

// What identifies the load: the scenario without the lines that say where it goes, so that two
// deployments under the same load can be compared.
std::string LoadText(std::string_view source) {
  std::string text;
  while (!source.empty()) {
    const std::size_t end = std::min(source.find('\n'), source.size());
    const std::string_view line = source.substr(0, end);
    if (!line.starts_with("target:") && !line.starts_with("name:")) {
      text.append(line).push_back('\n');
    }
    source.remove_prefix(std::min(end + 1, source.size()));
  }
  return text;
}

}  // namespace

RunPlan PlanOf(const scenarios::Scenario& scenario, const scenarios::Target& target,
               const RunLabels& labels, std::uint64_t seed) {
  RunPlan plan;
  plan.scenario = scenario.name;
  plan.scenario_text = scenario.source_text;
  plan.scenario_sha256 = Sha256(LoadText(scenario.source_text));
  plan.target = scenario.RunsPrograms() ? scenario.ProgramInWords() : target.Url();
  plan.build = labels.build;
  plan.branch = labels.branch;
  plan.tag = labels.tag;
  plan.environment = EnvironmentFingerprint();
  plan.seed = seed;
  plan.weir_version = kVersion;
  plan.load = scenario.LoadInWords();
  plan.open_loop = scenario.IsOpen();
  plan.warm_up = scenario.load.warm_up;
  plan.planned_duration = scenario.CountsRounds() ? Nanos(0) : scenario.Duration();
  plan.steps = scenario.StepNames();
  plan.thresholds = scenario.thresholds;
  return plan;
}

Run Assemble(RunPlan plan, loadgen::EngineResult result) {
  Run run;
  run.plan = std::move(plan);
  run.state = result.state;
  run.state_reason = std::move(result.state_reason);
  if (!result.answered && run.state == RunState::kComplete) {
    run.state = RunState::kAborted;
    run.state_reason = "no request got a valid answer";
  }
  run.started_at = result.started_at;
  run.duration = result.duration;
  run.measured = result.measured;
  run.totals = std::move(result.totals);
  run.unknown_usage = std::move(result.unknown_usage);
  run.cpu_s = result.cpu_s;
  if (result.rss_bytes_max > 0) {
    run.rss_bytes_max = result.rss_bytes_max;
  }
  return run;
}

void Certify(const Conditions& conditions, const CertificateKeeper& keeper,
             const GeneratorEvidence& evidence, Run& run) {
  const std::optional<Nanos> steady_from = conditions.scenario.SteadyFrom();
  run.target_metrics = keeper.target_metrics();
  run.validity = analysis::JudgeValidity(
      {.run = run,
       .generator = evidence,
       .seconds = keeper.seconds(),
       .constant_load = steady_from && *steady_from <= run.plan.warm_up,
       .calibration = FindCalibration(conditions.store_path, run.plan.environment,
                                      std::string(loadgen::PacingName(conditions.pacing))),
       .pacing = loadgen::PacingName(conditions.pacing)});
}

}  // namespace weir::cli
