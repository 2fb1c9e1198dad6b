#pragma once

#include <cstdint>
#include <string>

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

/// Adds --gbench-filter and --gbench-repetitions, with `repetitions_default`.
void AddGbenchFlags(po::options_description& options, std::uint32_t repetitions_default);

/// Reads them. Errors: kUsage.
Result<GbenchOrder> ReadGbenchFlags(const ParsedFlags& flags, const std::string& program,
                                    std::uint32_t repetitions_default);

/// Runs the program once, with its own repetitions, and reads what it measured: a run with
/// measurements and no requests (imports/gbench_report.h), its plan filled but for build, branch
/// and tag. Blocks. Errors: kUnavailable (no such program, it failed or was stopped), kUsage (what
/// it wrote is not Google Benchmark's).
Result<Run> RunGbench(const GbenchOrder& order, loadgen::ProgramRunner& programs,
                      const Clock& clock);

/// `weir run --gbench`: runs it, records and prints. Returns the exit code.
Result<int> RunGbenchCommand(const ParsedFlags& flags);

}  // namespace weir::cli
