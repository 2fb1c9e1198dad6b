#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/run.h"
#include "store/history.h"

namespace weir::cli {

/// Reads which runs are meant: words `build:X`, `run:N`, `branch:X`, `tag:X`, `scenario:X`,
/// `last:N` (all must hold), `last` for the newest run, or a bare word: a run's number if it is
/// one, else a build. Errors: kUsage, naming the word.
Result<store::RunFilter> ParseSelector(std::string_view text);

/// The complete runs that a selector finds; at least one. Errors: kUsage with the builds that do
/// exist when nothing is found; kUnavailable from the store.
Result<std::vector<Run>> SelectRuns(store::Store& store, const std::string& selector,
                                    const std::string& scenario);

/// What a selector was, for messages.
struct SelectorWords {
  std::string selector;
  std::string scenario;  ///< Empty = any.
};

/// The same for a selector that was read; `filter.state` is set here.
Result<std::vector<Run>> SelectRuns(store::Store& store, store::RunFilter filter,
                                    const SelectorWords& words);

/// The number of the run meant by `17`, `run:17` or `last`.
Result<RunId> SelectRun(store::Store& store, const std::string& selector);

/// Their numbers, in their order.
std::vector<RunId> IdsOf(const std::vector<Run>& runs);

}  // namespace weir::cli
