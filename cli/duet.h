#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/gate_policy.h"
#include "base/result.h"
#include "base/run.h"
#include "base/time.h"
#include "cli/flags.h"
#include "cli/gate_case.h"
#include "loadgen/program_duet.h"

/// What the forms of `weir duet`, of deployments, programs and benchmarks, share.
namespace weir::cli {

/// The flags ask for a duet of deployments.
bool IsDeploymentDuet(const ParsedFlags& flags);

/// Sends the load to both, judges, records and prints; the exit code. Errors: kUsage, kUnavailable.
Result<int> RunDeploymentDuet(const ParsedFlags& flags);

/// The same of two Google Benchmark programs (--gbench). Errors: as RunDeploymentDuet.
Result<int> RunGbenchDuet(const ParsedFlags& flags);

/// How a duet of programs or benchmarks is run, by default; the flags say otherwise.
struct PairDefaults {
  std::uint32_t pairs = 0;
  std::uint32_t warm_up = 0;
  Nanos duration{0};
  Nanos timeout{0};
};

/// Reads --pairs, --warm-up, --duration, --timeout and --seed into `pairs`; the timeout. Errors:
/// kUsage.
Result<Nanos> ReadPairFlags(const ParsedFlags& flags, const PairDefaults& defaults,
                            loadgen::DuetOptions& pairs);

/// What a duet is judged by: the policy as a file that is sealed with the verdict, and who is who.
struct DuetCase {
  GateCase gate;
  GatePolicy policy;         ///< Of the file; the default policy without one.
  std::string store_path;    ///< Empty = do not record.
  bool looked_back = false;  ///< Gates of the past were looked for.
};

/// Looks once for gates of the past that tell of noise (cli/gate_earlier.h), for the runs that are
/// in the case. Nothing to do without a history. Errors: kUnavailable.
Status LookBack(DuetCase& duet);

/// Reads --policy (default: no file, so the gate's own default), --store and --no-store. `builds`
/// by side. Errors: as ReadGivenFile, PolicyOf and StorePath.
Result<DuetCase> ReadDuetCase(const ParsedFlags& flags, const std::array<std::string, 2>& builds);

/// Files whole runs of both sides in the history, if there is one, and gives them their numbers.
/// Errors: kUnavailable.
Status FileRuns(const std::string& store_path, std::array<std::vector<Run>, 2>& runs);

/// Judges `runs` with what the history knows of noise, records the verdict, sealed as that of the
/// gate (docs/verdicts.md), and prints it as the flags want it. When recorded, exactly what lies in
/// the history is judged, so that `weir gate replay` gives the verdict again. `runs` by side;
/// `pairs` is for the text. Returns the exit code. Errors: kUnavailable.
Result<int> ConcludeDuet(const ParsedFlags& flags, DuetCase& duet,
                         std::array<std::vector<Run>, 2> runs, std::size_t pairs);

}  // namespace weir::cli
