#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::scenarios {

inline constexpr std::size_t kCommandBytesMax = 65'536;

/// Splits a command line into program and arguments as a POSIX shell splits words: blanks separate,
/// '...' is taken as it is, "..." too but for \\ before ", \\, $ and `, and \\ takes the next
/// character as it is. No shell runs it, so what only a shell could do with it (pipes, redirection,
/// variables, wildcards, outside of quotes) is refused instead of being handed to the program.
/// Errors: kUsage, HintedError without place.
Result<std::vector<std::string>> ParseCommandLine(std::string_view text);

/// `argv` as a line that ParseCommandLine splits into the same.
std::string CommandLineText(std::span<const std::string> argv);

}  // namespace weir::scenarios
