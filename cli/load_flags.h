#pragma once

#include <string>

#include "base/result.h"
#include "cli/flags.h"
#include "loadgen/engine.h"
#include "scenarios/scenario.h"

/// Flags that say what load is sent and how: shared by `weir run` and `weir duet`.
namespace weir::cli {

/// Adds `--threads`, `--pin`, `--pacing`, `--lag-budget` and `--seed`.
void AddEngineFlags(po::options_description& options);

/// What they say; without --seed a random one. Errors: kUsage, with the flag in front.
Result<loadgen::EngineOptions> ReadEngineFlags(const ParsedFlags& flags);

/// Adds what says a load without a file, in the spelling of wrk2, hey and curl. Left to the caller,
/// because they mean more than that: `--threshold`, `--command`, `--shell`, `--requests`,
/// `--duration`, `--timeout` and `--warm-up`.
void AddUrlFlags(po::options_description& options);

/// `source` names a target rather than a scenario file.
bool IsUrl(const std::string& source);

/// The scenario of the file `source`, or of the flags: for a URL, or for --command when `source` is
/// empty. Errors: kUsage, with file and place or with the flag; as ReadScenarioFile.
Result<scenarios::Scenario> ReadLoad(const ParsedFlags& flags, const std::string& source);

}  // namespace weir::cli
