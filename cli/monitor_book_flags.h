#pragma once

#include <memory>

#include "base/result.h"
#include "cli/command.h"
#include "cli/flags.h"
#include "monitor/interventions.h"
#include "store/monitor_book.h"

/// What the subcommands of `weir monitor` share that work on the history.
namespace weir::cli {

/// Adds `--by` and `--comment`.
void AddSpeakerFlags(po::options_description& options);

/// Who speaks: --by, else $USER, else "somebody".
monitor::Speaker ReadSpeaker(const ParsedFlags& flags);

enum class BookUse { kRead, kChange };

/// The history that --store names; none is made. Errors: kUsage, kUnavailable, as MonitorBook.
Result<std::unique_ptr<store::MonitorBook>> OpenBook(const ParsedFlags& flags, BookUse use);

/// Parses flags, runs `run`, complains of what went wrong; returns the exit code.
int RunBookCommand(FlagSpec spec, const Arguments& arguments, Status (*run)(const ParsedFlags&));

}  // namespace weir::cli
