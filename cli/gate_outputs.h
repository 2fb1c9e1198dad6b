#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "base/run.h"
#include "base/verdict.h"
#include "cli/flags.h"

/// The files and lines for CI systems that `weir gate` writes besides its text.
namespace weir::cli {

/// --junit, --github, --markdown, --gitlab-load-performance, --gitlab-metrics.
void AddGateOutputFlags(po::options_description& options);

/// Writes those that were asked for. --github prints annotations and appends to the file that
/// $GITHUB_STEP_SUMMARY names, up to GitHub's 1 MiB. Errors: kUnavailable, naming the file.
Status WriteGateOutputs(const ParsedFlags& flags, const GateResult& result,
                        std::span<const Run> candidate);

/// What CI is to see when there is no verdict: an `error` in JUnit's file, an annotation.
void WriteGateError(const ParsedFlags& flags, const Error& error);

}  // namespace weir::cli
