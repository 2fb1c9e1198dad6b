#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"

/// What weir asks of the git repository it is started in. Nothing is ever written.
namespace weir::cli {

/// The merge base of HEAD and `branch`, then the commits before it, newest first, along first
/// parents: full hashes, at most `commits_max` > 0. Errors: kUsage when git is missing, this is no
/// repository, the branch is unknown or history is too shallow; git's own words are in it.
Result<std::vector<std::string>> MergeBaseAndBefore(const std::string& branch,
                                                    std::size_t commits_max);

}  // namespace weir::cli
