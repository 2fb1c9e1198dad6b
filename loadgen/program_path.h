#pragma once

#include <string>

#include "base/result.h"

namespace weir::loadgen {

/// The file that `name` stands for: itself when it has a '/', else the first executable file of
/// that name in the directories of $PATH. Looks at the file system. Errors: kUnavailable, when
/// there is none or it may not be executed.
Result<std::string> FindProgram(const std::string& name);

}  // namespace weir::loadgen
