#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/gate_earlier.h"
#include "analysis/gate_outcome.h"
#include "base/result.h"
#include "base/run.h"
#include "base/verdict.h"
#include "scenarios/gate_policy.h"

/// Everything that a verdict of `weir gate` rests on, as one value: what is judged, recorded, and
/// judged again by `weir gate replay`.
namespace weir::cli {

/// One side: how it was asked for, and what was found.
struct GateSide {
  std::string selector;
  std::vector<Run> runs;
};

/// A file as it was given; empty = none.
struct GivenFile {
  std::string name;
  std::string text;
};

struct GateCase {
  GivenFile policy;
  GivenFile waivers;
  GateSide candidate;
  GateSide baseline;
  GateSide history;
  std::vector<std::string> notes;  ///< How the baseline was found; lead the warnings.
  analysis::GateHistory past;
  /// Gates from which the noise between runs is better known, and the numbers of their verdicts.
  std::vector<analysis::EarlierGate> earlier;
  std::vector<std::int64_t> earlier_verdicts;
  /// The pairs at most, when it is asked after every pair until it is decided: each look has its
  /// share of alpha (analysis/gate_looks.h). 0 = it is asked once.
  std::uint32_t pairs_max = 0;
  /// Only of records before `pairs_max`: so many looks, each with an equal share of alpha. >= 1.
  std::uint32_t looks = 1;
  WallTime decided_at{};
};

/// The policy of the case: its file (default: analysis::DefaultGatePolicy), and the waivers of both
/// files. Errors: kUsage, from the readers.
Result<scenarios::GatePolicyFile> PolicyOf(const GateCase& gate_case);

/// Judges. Pure: the same case gives the same answer, byte for byte, with the same version of weir.
/// Errors: as PolicyOf.
Result<GateResult> Judge(const GateCase& gate_case);

/// The case as JSON, schema "weir.verdict_inputs/1": files as text, runs by number and digest.
std::string InputsText(const GateCase& gate_case);

/// A run as InputsText names it.
struct NamedRun {
  RunId id = 0;
  std::string sha256;
};

/// A gate of the past as InputsText names it.
struct NamedEarlier {
  std::vector<NamedRun> baseline;
  std::vector<NamedRun> candidate;
};

/// What InputsText says; the runs of the sides are named only.
struct ReadInputs {
  GateCase gate_case;
  std::string weir_version;
  std::string policy_sha256;
  std::vector<NamedRun> candidate;
  std::vector<NamedRun> baseline;
  std::vector<NamedRun> history;
  std::vector<NamedEarlier> earlier;  ///< As GateCase::earlier_verdicts.
};

/// No value for a text that InputsText did not write.
std::optional<ReadInputs> ParseInputs(const std::string& text);

}  // namespace weir::cli
