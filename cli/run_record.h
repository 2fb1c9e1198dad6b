#pragma once

#include <cstdint>
#include <string>

#include "base/run.h"
#include "base/validity.h"
#include "cli/certificate.h"
#include "loadgen/engine.h"
#include "scenarios/scenario.h"
#include "scenarios/target.h"

/// What a run is called in the history, and what it is made of.
namespace weir::cli {

/// What the user calls it; each may be empty.
struct RunLabels {
  std::string build;
  std::string branch;
  std::string tag;
};

/// The plan of a run of `scenario` against `target`, from this machine. Two plans of the same load
/// against different targets have the same scenario_sha256.
RunPlan PlanOf(const scenarios::Scenario& scenario, const scenarios::Target& target,
               const RunLabels& labels, std::uint64_t seed);

/// The run that an engine's result makes of a plan, aborted when nothing was answered; neither its
/// evidence nor its thresholds (cli/threshold_sink.h).
Run Assemble(RunPlan plan, loadgen::EngineResult result);

/// What the grade of a run depends on beside the run.
struct Conditions {
  const scenarios::Scenario& scenario;
  loadgen::Pacing pacing = loadgen::Pacing::kHybrid;
  const std::string& store_path;  ///< Where a calibration of this machine may be; empty = nowhere.
};

/// Judges whether the run can be believed and writes that, and what the target used, into it.
void Certify(const Conditions& conditions, const CertificateKeeper& keeper,
             const GeneratorEvidence& evidence, Run& run);

}  // namespace weir::cli
