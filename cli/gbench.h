#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/run.h"
#include "cli/flags.h"
#include "loadgen/transport/program_runner.h"

/// Google Benchmark programs: run as they are, and read.
namespace weir::cli {

/// What to run of one.
struct GbenchOrder {
  std::string program;            ///< Path, or a name in $PATH.
  std::string filter;             ///< A regular expression for the names; empty = all.
  std::uint32_t repetitions = 5;  ///< 1..10,000.
};

/// What its runs are called in the history: "gbench:" and the name of the program.
std::string ScenarioOf(const GbenchOrder& order);

/// Adds --gbench-filter and --gbench-repetitions, with `repetitions_default`.
void AddGbenchFlags(po::options_description& options, std::uint32_t repetitions_default);

/// Reads them. Errors: kUsage.
Result<GbenchOrder> ReadGbenchFlags(const ParsedFlags& flags, const std::string& program,
                                    std::uint32_t repetitions_default);

/// What one execution of the program left.
struct GbenchOutput {
  loadgen::ProgramSample sample;
  std::string json;  ///< What it wrote, if it ended well.
};

/// Runs the program once, at most for `timeout`. Blocks. Errors: kUnavailable (no such program, no
/// room for what it writes); how it ended is in the sample.
Result<GbenchOutput> ExecuteGbench(const GbenchOrder& order, loadgen::ProgramRunner& programs,
                                   Nanos timeout);

/// What it measured as a run (imports/gbench_report.h), its plan filled but for build, branch and
/// tag, with its duration. Errors: kUnavailable (it failed or was stopped), kUsage (what it wrote
/// is not Google Benchmark's).
Result<Run> RunOf(const GbenchOrder& order, const GbenchOutput& output);

/// Errors: kUsage for a flag that is not in `allowed`: beside --gbench it would be ignored.
Status CheckGbenchFlags(const ParsedFlags& flags, std::span<const std::string_view> allowed);

/// Repetitions of each benchmark in each execution of a duet, whose executions repeat it already.
inline constexpr std::uint32_t kGbenchDuetRepetitions = 3;

/// Both in one, for at most a day, with the time of its start. Errors: as these.
Result<Run> RunGbench(const GbenchOrder& order, loadgen::ProgramRunner& programs,
                      const Clock& clock);

/// `weir run --gbench`: runs it, records and prints. Returns the exit code.
Result<int> RunGbenchCommand(const ParsedFlags& flags);

}  // namespace weir::cli
