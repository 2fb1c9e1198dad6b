#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/run.h"
#include "store/history.h"

namespace weir::cli {

/// The runs that a candidate is judged by, and how they were found.
struct Baseline {
  std::vector<Run> runs;
  std::vector<std::string> notes;  ///< Whole sentences, to be shown with the verdict.
};

/// Reads a baseline selector. All words of SelectRuns, and one of these besides:
///
///   last-pass[:N]     the runs that the newest verdict (N: the newest N) judged `pass`
///   last-warn[:N]     the same for `pass` and `warn`
///   last-verdict[:N]  the same for any verdict
///   merge-base[:B]    the build of the merge base of HEAD and branch B (`main`) in git, or of the
///                     nearest commit before it that has runs; a build is a commit when it is its
///                     hash or begins it (7 digits at least)
///   segment           the runs since the last change point of p50 or p99
///
/// Runs of the candidate are never their own baseline: words that describe rather than name
/// (anything but build:X and run:N) leave them out. The other words narrow down what these find;
/// without scenario:X they look at the candidate's scenario.
///
/// No verdict of the past is no error: `runs` is empty and a note says why. Errors: as SelectRuns;
/// kUsage from git.
Result<Baseline> SelectBaseline(store::Store& store, const std::string& selector,
                                const std::string& scenario, std::span<const Run> candidate);

}  // namespace weir::cli
