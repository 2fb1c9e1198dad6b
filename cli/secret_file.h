#pragma once

#include <string>

#include "base/result.h"

namespace weir::cli {

/// The text of a small file that holds secrets; they are given as files because a command line can
/// be read by everybody on the machine. Errors: kUsage: it cannot be read, or is above 64 KiB.
Result<std::string> ReadSecretFile(const std::string& path);

}  // namespace weir::cli
