#pragma once

#include "cli/flags.h"
#include "scenarios/connection.h"

namespace weir::cli {

/// Adds `--http2`, `--engine`, `--insecure`, `--cacert`, `--proxy` and so on, in curl's spelling
/// where curl has one.
void AddConnectionFlags(po::options_description& options);

/// What they say, on top of `connection`. `--streams` is left to the caller: what it means depends
/// on the load. Errors: kUsage, with the flag in front.
Status ReadConnectionFlags(const ParsedFlags& flags, scenarios::Connection& connection);

}  // namespace weir::cli
