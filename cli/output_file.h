#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::cli {

/// Writes `text` to `path` whole or not at all: into a file beside it that then takes its name.
/// Errors: kUnavailable, naming path and cause; what was at `path` before is then still there.
Status WriteFile(const std::string& path, std::string_view text);

/// Whether WriteFile will be able to, as far as one can tell beforehand: for output that comes at
/// the end of something long. Leaves nothing behind. Errors: as WriteFile.
Status CheckWritable(const std::string& path);

/// What --json asks for: with "-" prints to standard output, else writes the file.
Status WriteJson(const std::string& destination, std::string_view json);

}  // namespace weir::cli
