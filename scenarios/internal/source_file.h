#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::scenarios::internal {

/// The whole of a file of at most `bytes_max` bytes; `what` is what it should hold ("scenario").
/// Errors: kUsage, for whatever keeps it from being read.
Result<std::string> ReadSourceFile(const std::string& path, std::string_view what,
                                   std::size_t bytes_max);

/// `path`, if it is relative, from the folder of the file `scenario`.
std::string BesideScenario(const std::string& path, std::string_view scenario);

/// `text` without a UTF-8 byte order mark.
std::string_view WithoutMark(std::string_view text);

}  // namespace weir::scenarios::internal
