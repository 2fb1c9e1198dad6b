#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace weir {

/// Why something could not be done, in the one distinction that matters to a caller: who can
/// mend it. Each kind has its exit code (cli/exit_codes.h).
enum class ErrorKind : std::uint8_t {
  kUsage,        ///< What the user wrote is wrong (flags, scenario, policy, selector). Exit 2.
  kUnavailable,  ///< A target, source or store is not to be had (refused, locked, full). Exit 69.
  kInternal,     ///< weir itself is at fault. Exit 70.
};

/// A recoverable failure. `message` is complete prose for a person: what was attempted, on
/// what, what was found, how to fix it. It may have several lines; it ends without a newline.
struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string message;
};

/// A value or the reason why there is none. Alias, so that std::expected is one line away.
template <typename T>
using Result = tl::expected<T, Error>;

/// Result of something done only for its effect.
using Status = Result<void>;

inline tl::unexpected<Error> Fail(ErrorKind kind, std::string message) {
  return tl::unexpected<Error>(Error{kind, std::move(message)});
}

inline tl::unexpected<Error> UsageError(std::string message) {
  return Fail(ErrorKind::kUsage, std::move(message));
}

inline tl::unexpected<Error> Unavailable(std::string message) {
  return Fail(ErrorKind::kUnavailable, std::move(message));
}

inline tl::unexpected<Error> Internal(std::string message) {
  return Fail(ErrorKind::kInternal, std::move(message));
}

}  // namespace weir
